package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// A controller passes signals on to the program in a machine, and hears why a machine
// ends, through QEMU's control socket (QEMU documentation, "QMP"). SIGINT is a break on the serial line, which the
// guest's console takes as a terminal does; others press the power button, where the
// machine has one. The socket has no name that could be left behind, and QEMU does
// not wait for anybody to speak.
type controller struct {
	ours, qemus *os.File
	button      bool
	first       os.Signal // that was passed on, nil: none yet
	reason      chan string
}

// controlFile is the second of cmd.ExtraFiles, as QEMU sees it.
const controlFile = 4

func newController(c Config) (*controller, error) {
	ours, qemus, err := socketPair(syscall.SOCK_STREAM, "control")
	if err != nil {
		return nil, err
	}
	return &controller{ours: ours, qemus: qemus, button: c.button(), reason: make(chan string, 1)}, nil
}

// start begins the conversation, once QEMU has its end of the socket. begun is called
// when the machine runs: when QEMU has answered, which it does when it has made the machine
// (it greets before), and if that was saved, when it goes on (RESUME). restore has it do
// that.
func (c *controller) start(restore string, begun func()) {
	c.qemus.Close()
	c.say(qmpStart + restore) // events come after qmpStart only
	go func() { c.reason <- shutdownReason(c.ours, restore != "", begun) }()
}

func (c *controller) say(command string) error {
	c.ours.SetWriteDeadline(time.Now().Add(graceful))
	_, err := c.ours.WriteString(command)
	return err
}

// ended returns why the machine ended, when QEMU has: "guest-reset" and so on, or ""
// (QEMU QMP Reference Manual, ShutdownCause).
func (c *controller) ended() string {
	c.ours.SetReadDeadline(time.Now().Add(graceful)) // a process that QEMU started may hold the socket
	return <-c.reason
}

// shutdownReason reads what QEMU says to its end.
func shutdownReason(r io.Reader, restored bool, begun func()) (reason string) {
	for d, runs := json.NewDecoder(r), false; ; {
		var m struct {
			Return *struct{}
			Event  string
			Data   struct{ Reason string }
		}
		if d.Decode(&m) != nil {
			return reason
		}
		if !runs && (m.Event == "RESUME" || !restored && m.Return != nil) {
			runs = true
			begun()
		}
		if m.Event == "SHUTDOWN" {
			reason = m.Data.Reason
		}
	}
}

// Close leaves QEMU alone.
func (c *controller) Close() {
	c.ours.Close()
	c.qemus.Close()
}

const (
	qmpStart = `{"execute":"qmp_capabilities"}`
	qmpPress = `{"execute":"system_powerdown"}`
	qmpBreak = `{"execute":"chardev-send-break","arguments":{"id":"console"}}`
)

// errTwice ends the machine because it was asked to end before.
var errTwice = errors.New("asked to end twice")

// serve passes the first signal on, and ends the machine at the second, or when the
// program has not ended in its time: the guest's kernel sees to that, unless it hangs.
func (c *controller) serve(ctx context.Context, signals <-chan os.Signal, grace time.Duration, end func(error)) {
	var late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-late:
			end(ErrLate)
		case sig := <-signals:
			if c.first != nil {
				end(errTwice)
				continue
			}
			if err := c.pass(sig); err != nil {
				end(err)
			}
			if grace > 0 {
				late = time.After(grace + graceful)
			}
		}
	}
}

// pass hands the first signal to the program.
func (c *controller) pass(sig os.Signal) error {
	c.first = sig
	command := qmpPress
	if sig == os.Interrupt || !c.button {
		command = qmpBreak
	}
	return c.say(command)
}

// status is that of a program which ended by the signal that was passed on.
func (c *controller) status() int {
	sig, _ := c.first.(syscall.Signal)
	return 128 + int(sig)
}
