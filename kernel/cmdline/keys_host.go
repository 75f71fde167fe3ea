//go:build !yolk

package cmdline

// Keys are all options that a user may give, in order, and what each is for. Other
// packages read those without a Spec. An image does not carry the words.
var Keys = []struct{ Key, About string }{
	{"alloc", "how page frames are allocated"},
	{"console", "which serial port of a board is the console: mini or pl011"},
	{"crash", "what a machine that fails prints last: its threads and memory"},
	{"dns", "name servers, separated by commas"},
	{"entropy", "whether predictable random bytes are better than none"},
	{"eth0", "the number of the network card that is eth0, from 0"},
	{"grace", "how long a program has when it is asked to end"},
	{"gw", "the gateway's address"},
	{"hostname", "the machine's name"},
	{"ip", "the address of eth0 with its prefix length, or dhcp"},
	{"log", "from which level on the kernel prints, for each library"},
	{"mount", "folders of the host, TAG:PATH[:ro], separated by commas"},
	{"restart", "when the program starts again after its end"},
	{"sched", "whether threads are preempted"},
	{"time", "the time at the start, for a machine without a clock"},
}
