package child

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// A starting is a command for the starter.
type starting struct {
	cmd  *exec.Cmd
	done chan error
}

// starter is the goroutine that starts all children. The kernel sends a child's
// parent-death signal when the thread ends that made the child, not the process
// (prctl(2), PR_SET_PDEATHSIG), and a thread of Go's ends whenever a goroutine does
// that had locked itself to it. This one's thread ends with the process.
var starter = sync.OnceValue(func() chan<- starting {
	work := make(chan starting)
	go func() {
		runtime.LockOSThread()
		for s := range work {
			s.done <- s.cmd.Start()
		}
	}()
	return work
})

// start sets the signal and leaves the rest to the starter. SIGKILL, since an emulator
// that hangs takes no other. If this process is gone before the child has set it, the
// child ends itself (package syscall, forkAndExecInChild1).
func start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	s := starting{cmd, make(chan error)}
	starter() <- s
	return <-s.done
}
