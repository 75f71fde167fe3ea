package timeline

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Arguments have QEMU count instructions: it tells their number while it records what it
// would need to execute them again, which nobody shall.
var Arguments = []string{"-icount", "shift=0,rr=record,rrfile=/dev/null"}

// recording is how QEMU tells (hmp_info_replay).
var recording = regexp.MustCompile(`instruction count = (\d+)`)

// executed returns how many instructions the machine has executed, all processors together.
func (d *debugger) executed() (int64, error) {
	said, err := d.monitor("info replay")
	if err != nil {
		return 0, err
	}
	m := recording.FindStringSubmatch(said)
	if m == nil {
		return 0, fmt.Errorf("the emulator does not say how many instructions it executed, but %q", said)
	}
	return strconv.ParseInt(m[1], 10, 64)
}

// monitor has the emulator's monitor execute a command, and returns what it says.
func (d *debugger) monitor(command string) (said string, err error) {
	answer, err := d.call("qRcmd," + hex.EncodeToString([]byte(command)))
	for err == nil && answer != "OK" {
		text, cut := strings.CutPrefix(answer, "O")
		if !cut {
			return "", fmt.Errorf("the emulator's debugger answers %q to %q", answer, command)
		}
		part, wrong := hex.DecodeString(text)
		if wrong != nil {
			return "", wrong
		}
		said += string(part)
		answer, err = d.receive()
	}
	return said, err
}
