package cmdline

// Libraries are those with lines of their own in the kernel's log, in the order of
// klog.Library.
var Libraries = [...]string{"boot", "mem", "net", "netdev", "usb"}

// Levels are from which level on each library's lines are printed, as klog.Level numbers
// them.
type Levels [len(Libraries)]uint8

// Read reads a value of log=, which changes l from left to right: a level for all, or
// LIBRARY=LEVEL, separated by commas. ok is false for one that names no level or library.
func (l *Levels) Read(v []byte) (ok bool) {
	for rest := v; ; {
		end := 0
		for end < len(rest) && rest[end] != ',' {
			end++
		}
		name, level, one := Cut(rest[:end])
		if !one {
			level = name
		}
		n, ok := Find("log").word(level)
		if !ok || one && !l.set(name, uint8(n)) {
			return false
		}
		for i := 0; i < len(l) && !one; i++ {
			l[i] = uint8(n)
		}
		if end == len(rest) {
			return true
		}
		rest = rest[end+1:]
	}
}

// set sets the level of one library, if there is one of that name.
func (l *Levels) set(name []byte, level uint8) (ok bool) {
	for i := range Libraries {
		if string(name) == Libraries[i] {
			l[i], ok = level, true
		}
	}
	return ok
}
