package cmdline

// A Spec is what an option of the kernel takes: one of some words, or a value of
// another kind. The kernel and the tool that boots it read options by the same
// Spec, so that what one refuses the other does.
type Spec struct {
	Key   string
	Words []string // in the order of the constants they stand for
	Other string   // a value that is no word, described
	More  string   // what may follow a word, likewise
}

// specs are the options that package kernel itself applies.
var specs = [...]Spec{
	{Key: "alloc", Words: []string{"buddy", "bump"}}, // mem.Policy
	{Key: "crash", Words: []string{"report"}},
	{Key: "entropy", Words: []string{"insecure"}},
	{Key: "grace", Other: "seconds, 0 for no limit"},
	{Key: "hostname", Other: "up to 64 bytes"},
	{Key: "log", Words: []string{"error", "warn", "info", "debug"}, // klog.Level
		More: " for all, and after a comma LIBRARY=LEVEL, of boot, mem, net, netdev and usb"},
	{Key: "restart", Words: []string{"never", "on-failure", "always"}}, // shutdown.Policy
	{Key: "sched", Words: []string{"preempt", "coop"}},
	{Key: "time", Other: "seconds since 1970"},
}

// maxHostname is uname's (Linux's __NEW_UTS_LEN).
const maxHostname = 64

// Find returns the Spec of an option, nil for one of another package.
func Find(key string) *Spec {
	for i := range specs {
		if specs[i].Key == key {
			return &specs[i]
		}
	}
	return nil
}

// Value reads an option's value: the place of a word among Words, or a number.
func (s *Spec) Value(v []byte) (n uint64, ok bool) {
	n, ok = s.word(v)
	if s.Key == "log" && !ok { // not one level for all
		var l Levels
		ok = l.Read(v)
	}
	return n, ok
}

// word reads a value without any structure.
func (s *Spec) word(v []byte) (n uint64, ok bool) {
	for i := range s.Words {
		if string(v) == s.Words[i] {
			return uint64(i), true
		}
	}
	switch s.Key {
	case "hostname":
		return 0, len(v) <= maxHostname
	case "grace", "time":
		return ParseSeconds(v)
	}
	return 0, false
}

// Separator is what stands before word i of n in a list for people.
func Separator(i, n int) string {
	switch i {
	case 0:
		return ""
	case n - 1:
		return " or "
	}
	return ", "
}
