package child

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// limit bounds each wait: what it waits for takes milliseconds.
const limit = 20 * time.Second

// The process's first thread, which never ends, is left to the main goroutine.
func init() { runtime.LockOSThread() }

// TestMain makes the test binary a parent when a test asks for one: of a process that
// holds this one's standard output open, as long as it lives.
func TestMain(m *testing.M) {
	how := os.Getenv("CHILD_TEST_PARENT")
	if how == "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("sh", "-c", "echo started; exec sleep 1000")
	cmd.Stdout = os.Stdout
	if strings.Contains(how, "group") {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	if strings.Contains(how, "namespace") {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID}
	}
	// The thread from which it is asked for is gone before the signal is due.
	err := make(chan error)
	go func() {
		runtime.LockOSThread()
		err <- Start(cmd)
	}()
	if err := <-err; err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if strings.Contains(how, "panic") {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			panic("test timed out")
		}()
	}
	time.Sleep(limit)
}

// TestEndsWithParent: a child ends when its parent is killed, or ends without a word,
// in a process group and in namespaces of its own.
func TestEndsWithParent(t *testing.T) {
	for _, how := range []string{"killed", "killed, group", "killed, namespace", "panic, group"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(how, "namespace") && os.Getuid() != 0 {
				t.Skip("making namespaces needs root")
			}
			parent, tell, out := startParent(t, how)
			if strings.HasPrefix(how, "killed") {
				parent.Process.Kill()
			}
			tell.Close()
			// The pipe ends with its last writer, which is the child.
			if _, err := io.Copy(io.Discard, out); err != nil {
				t.Errorf("the child of a parent that has ended: %v", err)
			}
			parent.Wait()
		})
	}
}

// startParent starts one and waits until its child has started. One that shall panic does
// so when tell is closed; out is its child's.
func startParent(t *testing.T, how string) (parent *exec.Cmd, tell io.Closer, from io.Reader) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	parent = exec.Command("/proc/self/exe")
	parent.Env = append(os.Environ(), "CHILD_TEST_PARENT="+how)
	parent.Stdout = in
	tell, err = parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = Start(parent)
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { parent.Process.Kill() })
	out.SetReadDeadline(time.Now().Add(limit))
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "started\n" {
		t.Fatalf("the parent says %q: %v", line, err)
	}
	return parent, tell, r
}

// TestOutlivesThread: a child does not end with the thread from which it was asked
// for, as it does when that thread itself makes it.
func TestOutlivesThread(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(*exec.Cmd) error
		lives bool
	}{
		{"Start", Start, true},
		{"the thread itself", func(cmd *exec.Cmd) error {
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			return cmd.Start()
		}, false},
	} {
		cmd := exec.Command("cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		thread := make(chan int)
		failed := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			thread <- syscall.Gettid()
			failed <- c.start(cmd)
		}()
		tid := <-thread
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(limit); syscall.Tgkill(os.Getpid(), tid, 0) == nil; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the thread does not end")
			}
		}
		in.Close() // now it ends by itself, if it has not been killed
		if err := cmd.Wait(); (err == nil) != c.lives {
			t.Errorf("%s: %v when the thread had ended", c.name, err)
		}
	}
}

// TestOutput has both streams, and the status.
func TestOutput(t *testing.T) {
	out, err := Output(exec.Command("sh", "-c", "echo a; echo b >&2; exit 3"))
	if string(out) != "a\nb\n" || err == nil || err.Error() != "exit status 3" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := Output(exec.Command("/nothing/there")); err == nil {
		t.Error("a program that does not exist was started")
	}
}
