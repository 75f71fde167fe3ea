package main

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

func look(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skip(err)
	}
	return path
}

// TestVersion names what images are made of; -version, with one dash or two, the version
// alone.
func TestVersion(t *testing.T) {
	out, _, status := yolk(t, "version")
	for _, s := range []string{"yolk  ", "go1.26.5 to", "github.com/usbarmory/tamago  v1.", "gvisor.dev/gvisor            v0.0.0-2026", yolkRoot(t)} {
		if status != 0 || !strings.Contains(out, s) {
			t.Errorf("status %d, no %q in %s", status, s, out)
		}
	}
	for _, flag := range []string{"-version", "--version"} {
		if out, _, status := yolk(t, flag); out != "yolk "+version()+"\n" || status != 0 {
			t.Errorf("%s: %q, status %d", flag, out, status)
		}
	}
}

// TestMan: each command has a page with the flags as they are written here.
func TestMan(t *testing.T) {
	dir := t.TempDir()
	if _, complaint, status := yolk(t, "man", "-o", dir); status != 0 {
		t.Fatal(status, complaint)
	}
	for _, c := range commands(newRoot()) {
		if c.Name() == "help" || c.Hidden {
			continue
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		page, err := os.ReadFile(filepath.Join(dir, name+".1"))
		if err != nil || !strings.Contains(string(page), "\n.SH NAME\n") || !strings.Contains(string(page), c.Short) || strings.Contains(string(page), `\fB--`) {
			t.Errorf("%s: %v, %.200q", name, err, page)
		}
	}
	page, _ := os.ReadFile(filepath.Join(dir, "yolk-run.1"))
	if !strings.Contains(string(page), "\n\\fB-memory\\fP\n") {
		t.Errorf("no -memory in %s", page)
	}
	if _, complaint, status := yolk(t, "man", "-o", dir+"/missing"); status != exitFailure || !strings.Contains(complaint, "no such folder") {
		t.Errorf("into no folder: %d, %q", status, complaint)
	}
}

// TestEndedBuild: the signal that ends a build is in its status, as for any program.
func TestEndedBuild(t *testing.T) {
	dir := program(t)
	for signal, status := range map[string]int{"INT": 130, "TERM": 143, "HUP": 129} {
		replace(t, "go", "kill -"+signal+" $PPID; exec sleep 100")
		if out, complaint, got := yolk(t, "build", dir); got != status || out != "" || complaint != "" {
			t.Errorf("SIG%s: status %d, %q, %q", signal, got, out, complaint)
		}
	}
}

// TestAnswers: an answer of any kind is one, a connection that says nothing is not.
func TestAnswers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if answers(ctx, "http://"+silent.Addr().String()) {
		t.Error("a connection without a word is an answer")
	}
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	if !answers(t.Context(), web.URL) {
		t.Error("404 is no answer")
	}
	for _, c := range []struct{ forward, want string }{
		{"8080:80", "http://127.0.0.1:8080/"}, {"127.0.0.2:80:80", "http://127.0.0.2/"}, {"0.0.0.0:443:8443", "https://127.0.0.1/"},
	} {
		f, err := qemu.ParseForward(c.forward)
		if got := url(webPorts[f.Guest], f); got != c.want || err != nil {
			t.Errorf("%s: %s, %v", c.forward, got, err)
		}
	}
}

// TestAnnounce: the address of a web server is said once it answers, to whoever wants to
// know all; that of another program, or when nothing is to be said, is not.
func TestAnnounce(t *testing.T) {
	asked := make(chan bool, 1)
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- true }))
	defer web.Close()
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	forward := func(guest string) []qemu.Forward {
		f, err := qemu.ParseForward(port + ":" + guest)
		if err != nil {
			t.Fatal(err)
		}
		return []qemu.Forward{f}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer func(was *os.File) { os.Stderr = was }(os.Stderr)
	os.Stderr = write
	for _, silent := range []struct {
		voice voice
		guest string
	}{{voice{quiet: true, verbose: true}, "8080"}, {voice{}, "8080"}, {voice{verbose: true}, "22"}} {
		silent.voice.announce(t.Context(), forward(silent.guest))
	}
	all := voice{verbose: true}
	all.announce(t.Context(), forward("8080"))
	line, err := bufio.NewReader(read).ReadString('\n')
	if want := "yolk: http://127.0.0.1:" + port + "/ answers (Ctrl-C ends it)\n"; line != want || err != nil {
		t.Errorf("%q, %v, want %q", line, err, want)
	}
	<-asked
	write.Close()
	select {
	case <-asked:
		t.Error("it was asked for one that nobody wants to know of")
	default:
	}
}

// TestMakeRun: Ctrl-C ends make run without a complaint of make's. All processes of a
// terminal get it.
func TestMakeRun(t *testing.T) {
	fake := filepath.Join(t.TempDir(), "yolk")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ntrap 'kill $!; exit 130' INT\nsleep 100 & echo runs; wait\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(look(t, "make"), "-s", "-o", "setup", "-o", fake, "run", "YOLK="+fake)
	cmd.Dir = yolkRoot(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	cmd.WaitDelay = time.Second // for the sleep, which a shell starts without SIGINT
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = child.Start(cmd)
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Read(make([]byte, 5))
	syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	cmd.Wait()
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if strings.Contains(complaint.String(), "***") {
		t.Errorf("make says %q", complaint.String())
	}
}
