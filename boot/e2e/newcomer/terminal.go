package newcomer

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// startOn starts a command on a terminal of its own, which is what it returns: what is
// written to it is typed, what the command says is read from it, and Close hangs up
// (pts(4)).
func startOn(cmd *exec.Cmd) (*os.File, error) {
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		var screen *os.File
		if screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
			defer screen.Close()
			cmd.Stdin, cmd.Stdout, cmd.Stderr = screen, screen, screen
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			err = cmd.Start()
		}
	}
	if err != nil {
		keys.Close()
		return nil, err
	}
	return keys, nil
}

// interrupt is Ctrl-C.
const interrupt = "\x03"

// onScreen is what a terminal shows in the end of lines that were written to it: of one
// that was written over, the last.
func onScreen(text string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		line = line[strings.LastIndexByte(line, '\r')+1:]
		lines = append(lines, strings.ReplaceAll(line, eraseLine, ""))
	}
	return strings.Join(lines, "")
}

// eraseLine erases to the end of the line (console_codes(4)).
const eraseLine = "\x1b[K"
