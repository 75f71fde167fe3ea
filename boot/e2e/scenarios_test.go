//go:build e2e

package e2e

// needs is what a scenario expects of a machine beyond a processor.
type needs int

const (
	nothing needs = iota
	memory        // as much or as little as the scenario says
	cards         // several, and QEMU's own
)

// A scenario is one run of a program to its end.
type scenario struct {
	name    string
	arch    string // the only architecture that it is for, "" for all
	alike   bool   // machines of an architecture do it by the same code: two stand for all
	needs   needs
	flags   []string
	files   string // packed into the image
	program string
	args    []string
	input   string
	status  int
	want    []string // in the output, stdout and stderr together; $ARCH and $CPUS are the machine's
	last    string   // in the last line of stdout
}

// loader makes the machine start as by a loader that takes any command line.
func loader(cmdline string) []string { return []string{"-qemu", "-append", "-qemu", cmdline} }

// anyFailure is a status other than 0, and not yolk's own 125 either.
const anyFailure = -1

const (
	hello = "../../apps/helloworld"
	probe = "./testdata/probe"
)

// scenarios are what every machine must do, or one with four processors and one with a
// single one for those who do it alike. See testdata/probe for the words.
var scenarios = []scenario{
	{name: "hello", program: hello, want: []string{"Hello"}},
	{name: "hello in 8 MiB", alike: true, needs: memory, flags: []string{"-memory", "8M"}, program: hello, want: []string{"Hello"}},
	{name: "facts", program: probe, args: []string{"facts"}, want: []string{"linux $ARCH $CPUS"}},
	{name: "arguments", alike: true, program: probe, args: []string{"args", "a b", `"q"`, "--", "-x=1", ""}, want: []string{`["a b" "\"q\"" "--" "-x=1" ""]`}},
	{name: "environment", alike: true, flags: []string{"-env", "GREETING=good morning"}, program: probe, args: []string{"env", "GREETING"}, want: []string{`"good morning"`}},
	{name: "status 0", alike: true, program: probe, args: []string{"exit", "0"}},
	{name: "status 3", program: probe, args: []string{"exit", "3"}, status: 3},
	{name: "status with a restart", alike: true, flags: []string{"-opt", "restart=on-failure"}, program: probe, args: []string{"exit", "3"}, status: 3},
	{name: "restart", program: "./testdata/reboot", want: []string{"up"}},
	{name: "status 255", alike: true, program: probe, args: []string{"exit", "255"}, status: 255},
	{name: "nil dereference", program: probe, args: []string{"nil"}, want: []string{"recovered: runtime error: invalid memory address", "still works: 42"}},
	{name: "division by zero", alike: true, program: probe, args: []string{"divide"}, want: []string{"recovered: runtime error: integer divide by zero"}},
	{name: "panic", program: probe, args: []string{"panic"}, status: 2, want: []string{"panic: on purpose", "goroutine 1 [running]", "probe/main.go:"}},
	{name: "stack overflow", program: probe, args: []string{"overflow"}, status: 2, want: []string{"goroutine stack exceeds 8388608-byte limit", "main.deep"}},
	{name: "deadlock", alike: true, flags: []string{"-net", "none"}, program: probe, args: []string{"deadlock"}, status: 2, want: []string{"all goroutines are asleep - deadlock!"}},
	{name: "preemption", program: probe, args: []string{"spin"}, want: []string{"preempted"}},
	{name: "signals", program: probe, args: []string{"signals"}, want: []string{"got user defined signal 1", "got hangup"}},
	{name: "files", alike: true, program: probe, args: []string{"files"}, want: []string{"dir [b]", "read hello, machine", "gone true"}},
	{name: "maps of files", alike: true, program: probe, args: []string{"filemaps"}, want: []string{
		"a map sees \"written before\"", "read sees \"by a map\", another map \"by a map\"", "a map sees \"by write\"",
		"private \"in private\", shared \"by write\"", "all goroutines' writes are there: true",
		"beyond the end is a fault: true and in the last page none: true", "what was cut off is zero: true",
		"moved and unmapped: \"Written\"", "its memory is back: true"}},
	{name: "full of files", alike: true, needs: memory, flags: []string{"-memory", "64M"}, program: probe, args: []string{"fill"}, want: []string{
		"no room: true for a name: true", "no room: true for a byte: true", "held while open: true as before: true"}},
	{name: "packed file", alike: true, files: "testdata/probe:/data", program: probe, args: []string{"cat", "/data/main.go"}, want: []string{"// Probe does one thing"}},
	{name: "no file", alike: true, program: probe, args: []string{"cat", "/data/main.go"}, want: []string{"no such file or directory"}},
	{name: "console input", program: probe, args: []string{"stdin"}, input: "one\ntwo\n", want: []string{"ONE\nTWO\nend of input\n"}},
	{name: "no network device", alike: true, flags: []string{"-net", "none", "-log", "warn,net=info"}, program: "./testdata/loopback", want: []string{"no network device", "loopback works"}},
	{name: "server without a network device", alike: true, flags: []string{"-net", "none"}, program: "./testdata/loopback", args: []string{":0"}, want: []string{"yolk: net: no network: ", "loopback works"}},
	{name: "crash by pointer", program: probe, args: []string{"crash", "pointer"}, status: 134, want: []string{"yolk: page fault in kernel context"}},
	{name: "crash by stack", program: probe, args: []string{"crash", "stack"}, status: 134, want: []string{"yolk: kernel stack overflow"}},
	{name: "crash in a crowd", program: probe, args: []string{"crash", "crowd"}, status: 134, last: "yolk: page fault in kernel context"},
	{name: "protection", program: probe, args: []string{"protect"}, want: []string{
		"write to code refused", "write to a constant refused", "execution of data refused", "mapping over the heap refused", "read of address 8 refused"}},
	{name: "pinning", program: probe, args: []string{"pin"}, want: []string{"pinned to each of $CPUS"}},
	{name: "preemptive policy", alike: true, flags: []string{"-opt", "sched=preempt"}, program: probe, args: []string{"share"}, want: []string{"shared"}},
	{name: "cooperative policy", alike: true, flags: []string{"-opt", "sched=coop", "-env", "GODEBUG=asyncpreemptoff=1"}, program: probe, args: []string{"share"}, want: []string{"alone"}},
	{name: "unknown policy", alike: true, flags: loader("sched=fair"), program: hello, status: 78, want: []string{"cannot start: sched= takes preempt or coop"}},
	{name: "frames by bump", alike: true, flags: []string{"-opt", "alloc=bump"}, program: probe, args: []string{"files"}, want: []string{"gone true"}},
	{name: "full memory by bump", alike: true, needs: memory, flags: []string{"-memory", "64M", "-opt", "alloc=bump"}, program: probe, args: []string{"memory"}, status: anyFailure, want: []string{"16 MiB", "out of memory"}},
	{name: "unknown allocator", alike: true, flags: loader("alloc=slab"), program: hello, status: 78, want: []string{"alloc= takes buddy or bump"}},
	{name: "wall clock", program: probe, args: []string{"clock"}, want: []string{"it is 2026 or later: true"}},
	{name: "unknown time", alike: true, flags: loader("time=noon"), program: hello, status: 78, want: []string{"time= takes seconds since 1970"}},
	{name: "unknown level", alike: true, flags: loader("log=loud"), program: hello, status: 78, want: []string{"log= takes error, warn, info or debug"}},
	{name: "unknown address", alike: true, flags: loader("ip=10.0.2.15"), program: "./testdata/loopback", status: 78, want: []string{"cannot start: ip=10.0.2.15 cannot be used: it takes dhcp or"}},
	{name: "unknown card", alike: true, flags: loader("eth0=eth1"), program: "./testdata/loopback", status: 78, want: []string{"cannot start: eth0=eth1 cannot be used: it takes the number"}},
	{name: "full memory", alike: true, needs: memory, flags: []string{"-memory", "64M"}, program: probe, args: []string{"memory"}, status: anyFailure, want: []string{"16 MiB", "out of memory"}},
	{name: "mappings", alike: true, needs: memory, flags: []string{"-memory", "64M"}, program: probe, args: []string{"mappings"}, want: []string{"all memory is back: true"}},
	{name: "heap near the limit", alike: true, needs: memory, flags: []string{"-memory", "64M"}, program: probe, args: []string{"churn"}, want: []string{"renewed"}},
	// Room for the image, but not for the program's start, and then for neither.
	// What hello needs QEMU itself needs on arm64, for the device tree.
	{name: "little memory", alike: true, arch: "amd64", needs: memory, flags: []string{"-memory", "3M"}, program: hello, status: anyFailure, want: []string{"yolk: out of memory"}},
	{name: "least memory", alike: true, needs: memory, flags: []string{"-memory", "1M"}, program: hello, status: 125, want: []string{"-memory 1M is too little"}},
}
