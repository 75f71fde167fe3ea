//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLibvirt: a domain as yolk package describes it and libvirt makes it, a q35 or a virt
// with its card and its source of entropy each behind a root port, starts, has an address by
// DHCP, answers, and is shut down by its power button.
func TestLibvirt(t *testing.T) {
	t.Parallel()
	v := startLibvirt(t)
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) { v.domain(t, arch) })
	}
}

// domain starts, asks and shuts down one for that architecture.
func (v *libvirt) domain(t *testing.T, arch string) {
	folder := filepath.Join(v.dir, arch)
	if out, complaint, status := output(t, "package", "-format", "libvirt", "-arch", arch, "-accel", "tcg", "-memory", "64M", "-log", "info", "-o", folder, "../../apps/httpd"); status != 0 {
		t.Fatal(out, complaint)
	}
	domain := filepath.Join(folder, "httpd.xml")
	text, err := os.ReadFile(domain)
	if err != nil {
		t.Fatal(err)
	}
	// The terminal becomes a file, for this test to read.
	edited := strings.Replace(string(text), `<serial type="pty"></serial>`, `<serial type="file"><source path="`+folder+`.serial"/></serial>`, 1)
	if err := os.WriteFile(domain, []byte(edited), 0o644); err != nil || edited == string(text) {
		t.Fatalf("%v\n%s", err, text)
	}
	v.virsh(t, "define", "--validate", domain)
	t.Cleanup(func() {
		v.command("destroy", "httpd").Run() // an error if it is off, as it should be
		v.command("undefine", "httpd").Run()
		if t.Failed() {
			serial, _ := os.ReadFile(folder + ".serial")
			t.Logf("serial port:\n%s", serial)
		}
	})
	v.virsh(t, "start", "httpd")
	port := freePort(t)
	v.virsh(t, "qemu-monitor-command", "--hmp", "httpd", fmt.Sprintf("hostfwd_add hostnet0 tcp:127.0.0.1:%d-:8080", port))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if page, err := get(ctx, fmt.Sprintf("http://127.0.0.1:%d/status", port)); err != nil || !strings.Contains(page, "Goroutines") {
		t.Errorf("%v, page %.300q", err, page)
	}
	v.virsh(t, "shutdown", "httpd")
	for state := ""; !strings.Contains(state, "shut off (shutdown)"); time.Sleep(100 * time.Millisecond) {
		if state = v.virsh(t, "domstate", "--reason", "httpd"); ctx.Err() != nil {
			t.Fatal("the domain is ", state)
		}
	}
	serial, err := os.ReadFile(folder + ".serial")
	for _, want := range []string{"virtio-net at PCI 01:00.0 is netdev 0", "eth0: 10.0.2.15/24 from 10.0.2.2", "terminated by signal 15"} {
		if err != nil || strings.Count(string(serial), want) != 1 { // no second time: it has not started again
			t.Errorf("%v, no %q, or more than one, in\n%s", err, want, serial)
		}
	}
}

// A libvirt is a daemon for one user, with its folders in dir.
type libvirt struct {
	dir string
	env []string
	who *syscall.Credential
}

// startLibvirt starts the daemon until the test ends: for an unprivileged user, which
// needs nothing of the system's daemon, its accounts and its folders.
func startLibvirt(t *testing.T) *libvirt {
	t.Helper()
	// Not below t.TempDir: another user must get there, and sockets want short names.
	dir, err := os.MkdirTemp("/tmp", "yolk-libvirt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	v := &libvirt{dir: dir}
	v.env = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "LIBVIRT_AUTOSTART=0")
	if os.Getuid() == 0 {
		const nobody = 65534
		v.who = &syscall.Credential{Uid: nobody, Gid: nobody}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// It asks each emulator that it finds what it can do: let it be two.
	for _, name := range []string{"qemu-system-x86_64", "qemu-system-aarch64"} {
		emulator, err := exec.LookPath(name)
		if err == nil {
			err = os.Symlink(emulator, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	daemon := exec.Command(daemonPath(t))
	daemon.Env, daemon.Dir = append(v.env, "PATH="+dir), dir
	if v.who != nil {
		daemon = exec.Command("sh", "-c", island, daemonPath(t), fmt.Sprint(v.who.Uid))
		daemon.Env, daemon.Dir = v.env, dir
		daemon.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	}
	running, stop := background(t, daemon)
	t.Cleanup(func() { daemon.Process.Kill(); stop() })
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if v.command("version").Run() == nil {
			return v
		}
		if running.Err() != nil || time.Now().After(deadline) {
			t.Fatal("libvirtd does not answer")
		}
	}
}

// island runs the daemon $0 as user $1 in a process namespace, of which the shell is
// the first process: with that everything in it ends, also the emulators, which are no
// children of the daemon's. Not being root, the test must end for them to.
const island = `mount --make-rprivate / && mount -t proc proc /proc &&
setpriv --reuid $1 --regid $1 --clear-groups env PATH="$HOME" $0 & wait`

// daemonPath finds the daemon, which is in nobody's PATH.
func daemonPath(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/libvirtd", "/usr/bin/libvirtd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("libvirtd is not installed: run make setup")
	return ""
}

func (v *libvirt) command(args ...string) *exec.Cmd {
	cmd := exec.Command("virsh", append([]string{"-q", "-c", "qemu:///session"}, args...)...)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = v.env, v.dir, &syscall.SysProcAttr{Credential: v.who}
	return cmd
}

// virsh runs a command that must not fail and returns what it says.
func (v *libvirt) virsh(t *testing.T, args ...string) string {
	t.Helper()
	out, err := v.command(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("virsh %v: %v\n%s", args, err, out)
	}
	return string(out)
}
