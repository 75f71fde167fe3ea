// Package child starts processes that end when this one does, whatever ends it: an
// emulator must not outlive the command or the test that started it, also when that
// is killed, or runs out of time and panics. All that start an emulator, or a yolk
// that starts one, do it here. It may import nothing of Yolk.
package child

import (
	"bytes"
	"os/exec"
)

// Start is cmd.Start for a process that ends with this one. (On Linux; elsewhere
// nobody tells a process that its parent was killed.) What that process starts ends
// with it only if it says so itself: do not put a shell or timeout(1) in between,
// unless it becomes the command by exec.
func Start(cmd *exec.Cmd) error { return start(cmd) }

// Run is cmd.Run for a process that ends with this one.
func Run(cmd *exec.Cmd) error {
	if err := start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Output is cmd.CombinedOutput for a process that ends with this one.
func Output(cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := Run(cmd)
	return out.Bytes(), err
}
