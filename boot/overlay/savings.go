package overlay

// Savings are all for the standard library.
var Savings = []*Saving{
	memoryProfile, mainStack, mainThread, socketProbes, metrics, controlGroups, callStacks, tracer, onlyProcessor, nearby,
	shortAnswers, dates, watchers, instants, headerKeys, headerLines, deadlines, shortMaps, ranges,
}

// Where the linker found that nobody reads the memory profile, the runtime
// switches it off at the end of schedinit; doing so at its start spares a boot
// the samples in between.
var memoryProfile = &Saving{What: "a memory profile of the start", edits: []edit{
	{procFile, earlySchedinit, earlySchedinit + noProfile, 1},
}}

const (
	earlySchedinit = "\tticks.init() // run as early as possible\n"
	noProfile      = "\tif disableMemoryProfiling {\n\t\tMemProfileRate = 0\n\t}\n"
)

// The main goroutine runs the packages' initialisers, for which the least stack is
// never enough: to grow it was 300 blocks of every start.
var mainStack = &Saving{What: "a first stack that soon grows", edits: []edit{
	{procFile, "\t\tnewg = malg(stackMin)\n",
		"\t\tsize := int32(stackMin)\n\t\tif !mainStarted {\n\t\t\tsize = 8 * stackMin\n\t\t}\n\t\tnewg = malg(size)\n", 1},
}}

// The main goroutine is locked to its thread while packages are initialised, and
// was so before, while it waited for the collector's goroutines: a second thread
// was made at every start to run those.
var mainThread = &Saving{What: "a second thread from the start", edits: []edit{
	{procFile, lockMain, "", 1},
	{procFile, collectorStarts, collectorStarts + lockMain, 1},
}}

const (
	lockMain        = "\tlockOSThread()\n"
	collectorStarts = "\tgcenable()\n"
)

// Package net learns by opening, binding and closing sockets, and from a file,
// what kernel/posix/socket always has: both families, IPv4 in IPv6 sockets, and
// kernel/posix/file's somaxconn.
var socketProbes = &Saving{What: "probes of sockets", edits: []edit{
	{"net/ipsock_posix.go", probeSockets, knownFamilies + "func (p *ipStackCapabilities) probeUnused() {\n", 1},
	{"net/sock_linux.go", "func maxListenerBacklog() int {\n", "func maxListenerBacklog() int {\n" + knownBacklog, 1},
}}

const (
	probeSockets  = "func (p *ipStackCapabilities) probe() {\n"
	knownFamilies = probeSockets + "\tp.ipv4Enabled, p.ipv6Enabled, p.ipv4MappedIPv6Enabled = true, true, true\n}\n\n"
	knownBacklog  = "\tif true {\n\t\treturn 4096\n\t}\n"
)

// A GODEBUG setting that counts its use registers a metric, and with that the
// runtime built the table of all metrics. It is built when somebody reads it
// instead: a program that reads none does without its 30 KB.
var metrics = &Saving{What: "the table of metrics", edits: []edit{
	{metricsFile, registerMetric, laterMetric, 1},
	{metricsFile, "\tmetricsInit = true\n", "\tmetricsInit = true\n\tyolkEnterMetrics()\n", 1},
}}

const (
	metricsFile    = "runtime/metrics.go"
	registerMetric = `	metricsLock()
	initMetrics()
	d, ok := metrics[name]
	if !ok {
		throw("runtime: unexpected metric registration for " + name)
	}
	d.compute = metricReader(read).compute
	metrics[name] = d
	metricsUnlock()
}
`
	laterMetric = `	metricsLock()
	yolkMetrics = append(yolkMetrics, yolkMetric{name, read})
	if metricsInit {
		yolkEnterMetrics()
	}
	metricsUnlock()
}

type yolkMetric struct {
	name string
	read func() uint64
}

// yolkMetrics are registered and not yet in metrics.
var yolkMetrics []yolkMetric

func yolkEnterMetrics() {
	for _, m := range yolkMetrics {
		d, ok := metrics[m.name]
		if !ok {
			throw("runtime: unexpected metric registration for " + m.name)
		}
		d.compute = metricReader(m.read).compute
		metrics[m.name] = d
	}
	yolkMetrics = nil
}
`
)

// There are no control groups: GOMAXPROCS is the number of processors. Their reader
// is 22 KB and makes file calls at every start, which fail.
var controlGroups = &Saving{What: "a reader of control groups", edits: []edit{
	{cgroupFile, "func defaultGOMAXPROCSInit() {\n", "func defaultGOMAXPROCSInit() {\n\treturn\n", 1},
	{cgroupFile, "\tif !cgroupOK {\n", "\tif true {\n", 1},
}}

const cgroupFile = "runtime/cgroup_linux.go"

// On a single processor there is no other to take work from when it has none.
var onlyProcessor = &Saving{What: "a search for other processors where there are none", edits: []edit{
	{procFile, seeksWork, "\tif gomaxprocs > 1 && (mp.spinning || 2*sched.nmspinning.Load() < gomaxprocs-sched.npidle.Load()) {\n", 1},
}}

const (
	seeksWork = "\tif mp.spinning || 2*sched.nmspinning.Load() < gomaxprocs-sched.npidle.Load() {\n"
)

// Nor is there one that could be idle when a goroutine becomes ready; with both edits that is
// 550 instructions of a request. Where there are others, one was woken for each request, for
// 24 000, though the first would take it up at once, and for nothing (yolkOthers). Instead a
// thread without work is called where an interrupt finds nobody who polls (yolkPark).
var nearby = &Saving{What: "another processor woken for each request", edits: []edit{
	{procFile, becomesReady, "\trunqput(mp.p.ptr(), gp, next)\n\tif gomaxprocs > 1 {\n\t\tyolkOthers(mp)\n\t}\n", 1},
	{procFile, noWork + "\tmPark()\n", noWork + "\tyolkPark()\n", 1},
}}

const (
	becomesReady = "\trunqput(mp.p.ptr(), gp, next)\n\twakep()\n"
	noWork       = "\tmput(gp.m)\n\tunlock(&sched.lock)\n"
)

// Package internal/godebug can switch a setting by call stack (GODEBUG=x=y#z),
// for a tool that builds a program anew for each try. It is 18 KB of an image.
var callStacks = &Saving{What: "settings by call stack", edits: []edit{
	{godebugFile, "\tif v.bisect != nil && !v.bisect.Stack(&stderr) {\n", "\tif false {\n", 1},
	{godebugFile, "\t\t\t\t\t\t\tv.bisect, _ = bisect.New(arg[j+1:])\n", "", 1},
}}

const godebugFile = "internal/godebug/godebug.go"

// With the switch of the execution tracer a constant the compiler drops what it
// guards, in most functions of the scheduler, and the linker the rest.
var tracer = &Saving{What: "the execution tracer", Package: "runtime/trace", edits: []edit{
	{traceFile, "\treturn trace.enabled\n", "\treturn false\n", 1},
	{traceFile, "\treturn trace.enabledWithAllocFree\n", "\treturn false\n", 1},
	{traceFile, "\treturn trace.shutdown.Load()\n", "\treturn false\n", 1},
	// The linker learns too late that nothing is ever acquired.
	{traceFile, "\treturn tl.gen != 0\n", "\treturn false\n", 1},
}}

const traceFile = "runtime/traceruntime.go"

// dhcp spares every start the table of option names (350 blocks, 2 ms under
// software emulation), which are for people who read packets. An option then
// prints as its number.
var dhcp = &Module{Path: "github.com/insomniacslk/dhcp", edits: []edit{
	{"dhcpv4/types.go", "\tif s, ok := optionCodeToString[o]; ok {\n\t\treturn s\n\t}\n", "", 1},
}}
