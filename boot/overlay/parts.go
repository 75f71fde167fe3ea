package overlay

// A Part of the standard library can only be used by programs that import a
// package of it. The others get a library without it.
type Part struct {
	Package string
	edits   []edit
}

// Parts are all that can be left out.
var Parts = []*Part{tracer}

// tracer is the execution tracer: with its switch a constant the compiler drops
// what it guards, in most functions of the scheduler, and the linker the rest.
var tracer = &Part{Package: "runtime/trace", edits: []edit{
	{traceFile, "\treturn trace.enabled\n", "\treturn false\n", 1},
	{traceFile, "\treturn trace.enabledWithAllocFree\n", "\treturn false\n", 1},
	{traceFile, "\treturn trace.shutdown.Load()\n", "\treturn false\n", 1},
	// The linker learns too late that nothing is ever acquired.
	{traceFile, "\treturn tl.gen != 0\n", "\treturn false\n", 1},
}}

const traceFile = "runtime/traceruntime.go"
