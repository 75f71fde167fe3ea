package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"yolk/boot/child"
)

// TestMain makes the test binary the yolk command when a test asks for it, so
// that tests see what a user sees: streams and exit status.
func TestMain(m *testing.M) {
	if os.Getenv("YOLK_TEST_AS_MAIN") != "" {
		main()
	}
	// A program with the race detector waits a second at its end, for races of others.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	os.Exit(m.Run())
}

// yolk runs the command and returns what it prints and its status.
func yolk(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out bytes.Buffer
	stderr, state := yolkTo(t, &out, args...)
	return out.String(), stderr, state.ExitCode()
}

// yolkTo runs the command with its output led to w, which it closes.
func yolkTo(t *testing.T, w io.Writer, args ...string) (stderr string, state *os.ProcessState) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "YOLK_TEST_AS_MAIN=1")
	cmd.Stdout, cmd.Stderr = w, &complaint
	var exit *exec.ExitError
	if err := child.Run(cmd); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if c, ok := w.(io.Closer); ok {
		c.Close()
	}
	return complaint.String(), cmd.ProcessState
}

// program writes a module with an empty main package.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/nothing\n\ngo 1.25\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("YOLK_CACHE", t.TempDir())
	return dir
}

// TestWrongCommandLines: one line each, which names the cause, and status 2.
func TestWrongCommandLines(t *testing.T) {
	dir := program(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "-memroy", "64M", dir}, "unknown flag -memroy for yolk run; did you mean -memory? (see yolk help run)"},
		{[]string{"build", "--machine=q35", dir}, "unknown flag -machine for yolk build"},
		{[]string{"run", "-cpus", "many", dir}, `-cpus: "many" is not a number (see yolk help run)`},
		{[]string{"run", "-memory"}, "flag needs an argument: -memory"},
		{[]string{"run", "-memory", "lots", dir}, `memory size "lots" is not like 64M`},
		{[]string{"run", "-cpus", "0", dir}, "-cpus 0: a machine has 1 to 64"},
		{[]string{"run", "-cpus", "65", dir}, "-cpus 65: a machine has 1 to 64"},
		{[]string{"run", "-accel", "hvf", dir}, "-accel hvf is neither kvm nor tcg"},
		{[]string{"build", "-tags", "a b", dir}, "separated by commas"},
		{[]string{"run", "-p", "x", dir}, `port forward "x"`},
		{[]string{"run", "-p", "80:80", "-net", "none", dir}, "-p works with -net user and -network only, and the first network is none"},
		{[]string{"run", "-network", "lab", "-net", "user", dir}, "-network lab and -net user: a machine on a network between machines has that alone"},
		{[]string{"run", "-network", "a/b", dir}, `"a/b" is no name`},
		{[]string{"run", "-plat", "rpi3", "-network", "lab", dir}, "-network lab: a raspi3b has a network card of its own"},
		{[]string{"run", "-n", "-network", "lab", dir}, "-n cannot print a machine on a -network"},
		{[]string{"run", "-net", "wifi", dir}, `network "wifi"`},
		{[]string{"run", "-env", "=x", dir}, "has no name"},
		{[]string{"run", "-opt", "fast", dir}, "-opt fast is not KEY=VALUE"},
		{[]string{"run", "-opt", "shed=coop", dir}, "-opt shed=coop: the kernel has no option shed; it has alloc, console,"},
		{[]string{"run", "-opt", "sched=fair", dir}, "sched=fair: sched= takes preempt or coop"},
		{[]string{"run", "-log", "loud", dir}, "log=loud: log= takes error, warn, info or debug"},
		{[]string{"run", "-opt", "restart=on", dir}, "restart= takes never, on-failure or always"},
		{[]string{"run", "-opt", "ip=10.0.2.15", dir}, "ip=10.0.2.15 cannot be used: it takes dhcp or the machine's address with its prefix length, such as"},
		{[]string{"run", "-opt", "gw=router", dir}, "gw=router cannot be used: it takes the address of a router"},
		{[]string{"run", "-opt", "ip=fd00::2/64", dir}, "gw=10.0.2.2 cannot be used: it takes a router of the same kind as ip=fd00::2/64"},
		{[]string{"run", "-opt", "dns=8.8.8.8;9.9.9.9", dir}, "dns=8.8.8.8;9.9.9.9 cannot be used: it takes IP addresses with commas"},
		{[]string{"run", "-opt", "eth0=eth1", dir}, "eth0=eth1 cannot be used: it takes the number of a network card"},
		{[]string{"test", "-opt", "gw=router", dir}, "gw=router cannot be used"},
		{[]string{"flash", "-firmware", dir, "-kernel", "x", "-opt", "gw=router"}, "gw=router cannot be used"},
		{[]string{"run", "-plat", "linuxu", "-opt", "gw=router", dir}, "gw=router cannot be used"},
		{[]string{"run", "-machine", "pc", dir}, "there are microvm, q35"},
		{[]string{"run", "-plat", "linuxu", "-machine", "q35", dir}, "-machine is for a machine: a process has this one"},
		{[]string{"run", "-plat", "linuxu", "-p", "80:80", dir}, "-p is for a machine: a process listens on this computer itself"},
		{[]string{"run", "-plat", "linuxu", "-log", "debug", dir}, "-log is for a machine: a process has no kernel of its own"},
		{[]string{"run", "-plat", "linuxu", "-memory", "many", dir}, `memory size "many"`},
		{[]string{"run", "-plat", "linuxu", "-cpus", "0", dir}, "-cpus 0: a process has one at least"},
		{[]string{"run", "-plat", "linuxu", "-v", ".:/", dir}, "the root of a process is this computer's"},
		{[]string{"run", "-log", "warn,disk=debug", dir}, "log=warn,disk=debug: log= takes error, warn, info or debug for all, and after a comma LIBRARY=LEVEL, of boot, mem, net, netdev and usb"},
		{[]string{"test", "-plat", "linuxu", dir}, "linuxu has no machine"},
		{[]string{"run", "-plat", "rpi3", "-memory", "64M", dir}, "-memory 64M: a raspi3b has 1G of memory, always"},
		{[]string{"run", "-plat", "rpi3", "-cpus", "2", dir}, "-cpus 2: a raspi3b has 4 processors, always"},
		{[]string{"run", "-plat", "rpi3", "-net", "user", "-net", "hub:1", dir}, "-net hub:1: a raspi3b has one network card"},
		{[]string{"run", "-plat", "rpi3", "-side", "x", dir}, "-side: platform rpi3 has no virtio console"},
		{[]string{"run", "-plat", "linuxu", "-side", "x", dir}, "-side is for a machine: a process has no virtio console"},
		{[]string{"run", "-v", "data", dir}, `volume "data" is not HOST:GUEST[:ro]`},
		{[]string{"run", "-v", "/nothing:/data", dir}, "/nothing: no such file or directory"},
		{[]string{"run", "-v", ".:/a", "-v", ".:/a/b", dir}, "a volume cannot be in another"},
		{[]string{"run", "-v", ".:/a", "-volumes", ".:/a", dir}, "is at that place"},
		{[]string{"run", "-plat", "rpi3", "-v", ".:/a", dir}, "-volumes: platform rpi3 has no virtio 9P device"},
		{[]string{"build", "-plat", "rpi3", "-volumes", dir}, "-volumes: platform rpi3 has no virtio 9P device"},
		{[]string{"build", "-plat", "rpi3", "-side", dir}, "-side: platform rpi3 has no virtio console"},
		{[]string{"build", "-plat", "zx81", dir}, "there are kvm, rpi3, linuxu"},
		{[]string{"run", "-status", "9100", dir}, `-status "9100" is no address to listen on, such as :9100`},
		{[]string{"build", "-status", ":0", dir}, `-status ":0" is no address`},
		{[]string{"run", "-plat", "linuxu", "-status", ":9100", dir}, "-status is for a machine: a process has net/http/pprof"},
		{[]string{"run", "-grace", "-1s", dir}, "-grace -1s is less than nothing"},
		{[]string{"run", "-opt", "grace=5", dir}, "use -grace"},
		{[]string{"run", dir, "stray"}, "arguments follow --"},
		{[]string{"biuld"}, "yolk has no command biuld; did you mean build? (see yolk help)"},
		{[]string{"help", "biuld"}, "yolk has no command biuld; did you mean build? (see yolk help)"},
		{[]string{"help", "nonsense"}, "yolk has no command nonsense (see yolk help)"},
		{[]string{"help", "run", "fast"}, "yolk run has no command fast (see yolk help run)"},
		{[]string{"completion", "basj"}, "yolk completion has no command basj; did you mean bash? (see yolk help completion)"},
		{[]string{"-versoin"}, "unknown flag -versoin for yolk; did you mean -version? (see yolk help)"},
		{[]string{"version", "-x"}, "unknown flag -x for yolk version (see yolk help version)"},
		{[]string{"build", "-q", "-verbose", dir}, "-q and -verbose contradict each other"},
		{[]string{"build", dir, "main.go"}, "one package at a time"},
		{[]string{"new", "programme", "x"}, "yolk new has no command programme; did you mean program? (see yolk help new)"},
		{[]string{"new", "server"}, "give one folder: yolk new server FOLDER"},
		{[]string{"config", "shwo"}, "yolk config has no command shwo; did you mean show? (see yolk help config)"},
		{[]string{"run", "-plat", "linuxu", "-json", dir}, "-json is for a machine"},
		{[]string{"size", "-plat", "linuxu", dir}, "-plat linuxu makes no image"},
		{[]string{"run", "-grace", "5", dir}, `-grace: "5" is not a time, such as 10s`},
		{[]string{"run", "-q=maybe", dir}, `-q: "maybe" is not true or false`},
		{[]string{"run", "-p", "8080:80", "-p", "0.0.0.0:8080:81", dir}, "-p 0.0.0.0:8080:81: -p 127.0.0.1:8080:80/tcp has that port of this machine"},
		{[]string{"run", "-files", "nothing", dir}, "-files nothing: stat nothing: no such file"},
		{[]string{"run", "-with", "cats", dir}, "-with cats: there is ca, zoneinfo"},
		{[]string{"run", "-d", "-crash", "x", dir}, "-d and -crash contradict each other"},
		{[]string{"ps", "all"}, `yolk ps has no use for "all" (see yolk help ps)`},
		{[]string{"clean", "all"}, `yolk clean has no use for "all" (see yolk help clean)`},
		{[]string{"logs", "a", "b"}, `yolk logs has no use for "b" (see yolk help logs)`},
		{[]string{"config", "set"}, "say what to set: KEY=VALUE (yolk config show lists keys; see yolk help config set)"},
		{[]string{"config", "set", dir}, "say what to set: KEY=VALUE"},
		{[]string{"config", "show", "./nothing"}, "no such folder: ./nothing"},
		{[]string{"snapshot", "save", "only-a-name"}, "name a machine and a folder to make (see yolk help snapshot save)"},
	} {
		out, complaint, status := yolk(t, c.args...)
		line, rest, _ := strings.Cut(complaint, "\n")
		if status != exitUsage || !strings.HasPrefix(line, "yolk: ") || !strings.Contains(line, c.want) || out != "" {
			t.Errorf("%q: status %d, %q\nwant %q", c.args, status, complaint, c.want)
		}
		if rest != "" || strings.Contains(complaint, "yolk yolk") {
			t.Errorf("%q: more than one line: %q", c.args, complaint)
		}
	}
}

// TestNotThere: what is named and is not there, or is something else, is told with what to
// do, and status 1.
func TestNotThere(t *testing.T) {
	dir := program(t)
	t.Setenv("YOLK_MACHINES", t.TempDir())
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("nothing", 0o755),
		os.WriteFile("fleet.yaml", []byte("machines:\n  web:\n    package: ./wbe\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"build", "."}, "no go.mod here or above: yolk new begins a program"},
		{[]string{"build", "-plat", "linuxu", dir}, "nothing is a folder: name a file"},
		{[]string{"up"}, "yolk-fleet.yaml is not there: yolk help up shows what one looks like, and -f names another"},
		{[]string{"up", "-f", "fleet.yaml"}, "fleet.yaml:2: web: package: no such folder: wbe"},
		{[]string{"stop", "web"}, "web: there is no such machine (yolk ps lists them)"},
		{[]string{"snapshot", "start", "web.saved"}, "web.saved is no snapshot: yolk snapshot save makes one"},
		{[]string{"symbolize", "web.elf"}, "yolk: open web.elf: no such file"},
	} {
		if out, complaint, status := yolk(t, c.args...); status != exitFailure || !strings.Contains(complaint, c.want) || strings.Count(complaint, "\n") != 1 || out != "" {
			t.Errorf("%q: status %d, %q\nwant %q", c.args, status, complaint, c.want)
		}
	}
}

func TestRunPrints(t *testing.T) {
	dir := program(t)
	out, complaint, status := yolk(t, "run", "-q", "-n", "-accel", "kvm", "-memory=64M", "--cpus", "2", "-p", "8080:80", "-env", "A=b c",
		"-log", "debug", "-opt", "hostname=x", "-opt", "restart=always", "-qemu", "-d", "-qemu", "int", dir, "--", "-flag", "--", "it's")
	want := `-append 'virtio_mmio.device=512@0xfeb00e00:23 argv0=nothing ip=10.0.2.15/24 gw=10.0.2.2 dns=10.0.2.3 log=debug "env=A=b c" hostname=x restart=always restart=never -- -flag "--" it'\''s' -d int` + "\n"
	if status != 0 || complaint != "" || !strings.HasSuffix(out, want) {
		t.Errorf("status %d, %q\n got %s\nwant ... %s", status, complaint, out, want)
	}
	for _, s := range []string{"-accel kvm -bios qboot.rom -cpu host", "-m 65536k", "-smp 2", "hostfwd=tcp:127.0.0.1:8080-:80"} {
		if !strings.Contains(out, s) {
			t.Errorf("no %s in %s", s, out)
		}
	}
}

// TestRunImage: an image that was built boots as its package does, and is refused by one
// line where it does not fit.
func TestRunImage(t *testing.T) {
	dir := program(t)
	t.Chdir(t.TempDir())
	if _, complaint, status := yolk(t, "build", dir); status != 0 {
		t.Fatal(status, complaint)
	}
	flags := []string{"run", "-q", "-n", "-accel", "tcg", "-memory", "64M", "-env", "A=b"}
	of, _, _ := yolk(t, append(flags, dir, "--", "x")...)
	kernel := regexp.MustCompile(`-kernel \S+`)
	want := kernel.ReplaceAllString(of, "-kernel "+filepath.Join(working(t), "nothing.yolk"))
	if got, complaint, status := yolk(t, append(flags, "nothing.yolk", "--", "x")...); status != 0 || got != want || !kernel.MatchString(of) {
		t.Errorf("status %d, %q\n got %s\nwant %s", status, complaint, got, want)
	}
	reads := "package main\n\nimport \"os\"\n\nfunc main() { os.Open(os.Args[0]) }\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(reads), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, complaint, status := yolk(t, "build", "-o", "volumes.yolk", "-volumes", dir); status != 0 {
		t.Fatal(status, complaint)
	}
	if out, complaint, status := yolk(t, "run", "-n", "-v", ".:/data", "volumes.yolk"); status != 0 || !strings.Contains(out, "mount=fs0:/data") {
		t.Errorf("status %d, %q, %q", status, out, complaint)
	}
	os.WriteFile("text.yolk", []byte("no image"), 0o644)
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"-files", ".", "nothing.yolk"}, exitUsage, "-files is for yolk build: nothing.yolk is an image already"},
		{[]string{"-v", ".:/data", "nothing.yolk"}, exitUsage, "-volumes: nothing.yolk has no use for it: it was built without -volumes"},
		{[]string{"-side", "x", "volumes.yolk"}, exitUsage, "-side: volumes.yolk has no use for it: it was built without -side"},
		{[]string{"-arch", "arm64", "nothing.yolk"}, exitUsage, "-arch arm64: nothing.yolk is for amd64"},
		{[]string{"-plat", "rpi3", "nothing.yolk"}, exitUsage, "platform rpi3 has no architecture \"amd64\""},
		{[]string{"none.yolk"}, exitFailure, "no such image: none.yolk"},
		{[]string{"text.yolk"}, exitFailure, "text.yolk: not an image as yolk build writes it"},
	} {
		_, complaint, status := yolk(t, append([]string{"run", "-n"}, c.args...)...)
		if status != c.status || !strings.HasPrefix(complaint, "yolk: "+c.want) || strings.Count(complaint, "\n") != 1 {
			t.Errorf("%q: status %d, %q", c.args, status, complaint)
		}
	}
}

func working(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestBuildWrites checks where images go, by default and with -o.
func TestBuildWrites(t *testing.T) {
	dir := program(t)
	t.Setenv("YOLK_ROOT", yolkRoot(t))
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("folder", 0o755), os.Symlink("folder/linked", "link")); err != nil {
		t.Fatal(err)
	}
	os.WriteFile("folder/linked", nil, 0o644)
	for _, c := range []struct{ args, files []string }{
		{[]string{"build", dir}, []string{"nothing.yolk", "nothing.elf"}},
		{[]string{"build", dir}, []string{"nothing.yolk", "nothing.elf"}}, // over itself
		{[]string{"build", "-o", "folder/kernel", dir}, []string{"folder/kernel", "folder/kernel.elf"}},
		{[]string{"build", "-o", "folder", dir}, []string{"folder/nothing.yolk", "folder/nothing.elf"}},
		{[]string{"build", "-o", "link", dir}, []string{"folder/linked", "folder/linked.elf"}},
		{[]string{"build", "-o", os.DevNull, dir}, []string{filepath.Join(os.Getenv("YOLK_CACHE"), "image")}},
	} {
		out, complaint, status := yolk(t, c.args...)
		if status != 0 || !strings.HasPrefix(out, c.files[0]) {
			t.Errorf("%q: status %d, %q, %q", c.args, status, out, complaint)
		}
		for _, f := range c.files {
			if _, err := os.Stat(f); err != nil {
				t.Errorf("%q: %v", c.args, err)
			}
		}
	}
	if st, err := os.Lstat("link"); err != nil || st.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link is no longer one: %v, %v", st, err)
	}
}

// TestBuildRefuses: the image is written over nothing but an image, and no folder
// is made for it. What is wrong is found before the work.
func TestBuildRefuses(t *testing.T) {
	dir := program(t)
	t.Chdir(t.TempDir())
	if err := errors.Join(syscall.Mkfifo("fifo", 0o644), syscall.Mkfifo("beside.elf", 0o644), os.Symlink("nothing", "link"),
		os.WriteFile("source.go", []byte("package main\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ output, want string }{
		{"fifo", "fifo is not a regular file, and nothing else is written over"},
		{"beside.yolk", "beside.elf is not a regular file"},
		{"link", "link is a symbolic link to nothing"},
		{"source.go", "source.go exists and is not an image: remove it first"},
		{"missing/image", "missing: there is no such folder: make it first"},
		{"source.go/image", "not a directory"},
	} {
		out, complaint, status := yolk(t, "build", "-o", c.output, dir)
		if status != exitFailure || out != "" || !strings.HasPrefix(complaint, "yolk: ") || !strings.Contains(complaint, c.want) {
			t.Errorf("%s: status %d, %q, %q, want %q", c.output, status, out, complaint, c.want)
		}
	}
	if left, err := os.ReadDir("."); len(left) != 4 {
		t.Errorf("%v, %v", left, err)
	}
	if st, err := os.Lstat("fifo"); err != nil || st.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("the pipe is no longer one: %v, %v", st, err)
	}
}

// TestOutputLost: what could not be printed is a failure, and a pipe that nobody
// reads a quiet end.
func TestOutputLost(t *testing.T) {
	dir := program(t)
	emulator(t, `while echo out; do :; done`)
	for _, args := range [][]string{{"list"}, {"help"}, {"help", "run"}, {"build", "-h"}, {"build", "-o", os.DevNull, dir}, {"run", "-n", dir}, {"run", dir}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		complaint, state := yolkTo(t, full, args...)
		want := exitFailure
		if args[0] == "run" && args[1] == dir {
			want = exitMachine
		}
		if state.ExitCode() != want || !strings.HasSuffix(complaint, "write /dev/stdout: no space left on device\n") || strings.Contains(complaint, "to see it again") {
			t.Errorf("%q to a full device: %v, %q", args, state, complaint)
		}
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		unread, pipe, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		unread.Close()
		complaint, state = yolkTo(t, pipe, args...)
		if w := state.Sys().(syscall.WaitStatus); w.Signal() != syscall.SIGPIPE || strings.Contains(complaint, "pipe") {
			t.Errorf("%q to a pipe that nobody reads: %v, %q", args, state, complaint)
		}
		if left, err := os.ReadDir(tmp); len(left) > 0 || err != nil {
			t.Errorf("%q to a pipe that nobody reads: left %v, %v", args, left, err)
		}
	}
}

// TestKilled: yolk leaves nothing in the folder for temporary files when it is
// killed, by the first process it starts.
func TestKilled(t *testing.T) {
	dir := program(t)
	t.Chdir(t.TempDir())
	if out, complaint, status := yolk(t, "build", dir); status != 0 {
		t.Fatal(status, out, complaint)
	}
	for _, c := range []struct {
		tool string
		args []string
	}{
		{"go", []string{"build", dir}},
		{"go", []string{"build", "-o", "other", dir}},
		{"go", []string{"test", "unicode/utf8"}},
		{"qemu-system-x86_64", []string{"run", dir}},
	} {
		t.Run(c.tool+" "+c.args[0], func(t *testing.T) {
			replace(t, c.tool, `kill -9 $PPID`)
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			complaint, state := yolkTo(t, nil, c.args...)
			if w := state.Sys().(syscall.WaitStatus); w.Signal() != syscall.SIGKILL {
				t.Errorf("%v, %q", state, complaint)
			}
			for _, folder := range []string{tmp, "."} {
				if left, err := os.ReadDir(folder); folder == tmp && len(left) > 0 || len(left) > 2 || err != nil {
					t.Errorf("left in %s: %v, %v", folder, left, err)
				}
			}
		})
	}
}

// TestEmulatorEndsToo: nothing of the emulator outlives a yolk that is killed.
func TestEmulatorEndsToo(t *testing.T) {
	dir, pipe := program(t), filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	emulator(t, "exec >"+pipe+"; echo runs; kill -9 $PPID; exec sleep 1000")
	if complaint, state := yolkTo(t, nil, "run", dir); state.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v, %q", state, complaint)
	}
	r.SetReadDeadline(time.Now().Add(20 * time.Second))
	if said, err := io.ReadAll(r); err != nil || string(said) != "runs\n" { // to its end: nobody has the pipe open
		t.Errorf("%q, %v", said, err)
	}
}

// emulator puts a shell script in QEMU's place for this test.
func emulator(t *testing.T, script string) { replace(t, "qemu-system-x86_64", script) }

// replace puts a shell script in a tool's place for this test.
func replace(t *testing.T, tool, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, tool), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// TestRunFailures: what stands in the machine's way ends with status 125 and
// the way to see it again.
func TestRunFailures(t *testing.T) {
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip(err)
	}
	dir := program(t)
	_, complaint, status := yolk(t, "run", "-qemu", "-nonsense", dir)
	if status != exitMachine || !strings.Contains(complaint, "yolk: to see it again: qemu-system-x86_64") ||
		!strings.Contains(complaint, "yolk: the emulator failed: qemu-system-x86_64: -nonsense: invalid option") {
		t.Errorf("status %d, %q", status, complaint)
	}
	_, complaint, status = yolk(t, "run", "-memory", "2M", dir)
	if status != exitMachine || !strings.Contains(complaint, "yolk: the image alone reaches to ") || !strings.Contains(complaint, "-memory 2M is too little") {
		t.Errorf("status %d, %q", status, complaint)
	}
}

func yolkRoot(t *testing.T) string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestHelp(t *testing.T) {
	out, _, status := yolk(t, "help", "run")
	if status != 0 || strings.Contains(out, "--memory") || !strings.Contains(out, "\n  -memory SIZE ") {
		t.Errorf("status %d, %s", status, out)
	}
	// A flag with two names stands in the same column as the others.
	one, two := regexp.MustCompile(`(?m)^  -memory SIZE +`).FindString(out), regexp.MustCompile(`(?m)^  -v, -volumes \S+ +`).FindString(out)
	if len(one) == 0 || len(one) != len(two) {
		t.Errorf("%q and %q end in different columns", one, two)
	}
	for topic, want := range map[string]string{"ps": "List the machines in the background.\n\nUsage:\n  yolk ps [flags]\n", "config": "Usage:\n  yolk config [PACKAGE]\n  yolk config COMMAND\n"} {
		if out, _, status := yolk(t, "help", topic); status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, no %q in\n%s", status, want, out)
		}
	}
	out, _, status = yolk(t)
	for _, name := range []string{"build", "run", "test", "flash", "list", "clean"} {
		if status != 0 || !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("status %d, no %s in:\n%s", status, name, out)
		}
	}
}

func TestList(t *testing.T) {
	out, _, status := yolk(t, "list")
	for _, s := range []string{"microvm, q35", "linuxu", "go1.26", "apps/httpd"} {
		if status != 0 || !strings.Contains(out, s) {
			t.Errorf("status %d, no %q in:\n%s", status, s, out)
		}
	}
}

func TestCleanTouchesOnlyItsOwn(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("YOLK_CACHE", cache)
	for _, name := range []string{"overlay/x", "image/y/z", "link/gvisor.dev/gvisor@v0", "mine/w"} {
		os.MkdirAll(filepath.Join(cache, name), 0o755)
	}
	_, complaint, status := yolk(t, "clean")
	left, _ := os.ReadDir(cache)
	if status != 0 || len(left) != 1 || left[0].Name() != "mine" {
		t.Errorf("status %d, %q, left %v", status, complaint, left)
	}
}

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int64{"64M": 64 << 20, "1G": 1 << 30, "512k": 512 << 10, "8": 8 << 20, "16MB": 16 << 20} {
		if got, err := parseSize(s); got != want || err != nil {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "M", "-1M", "0", "1.5G", "9999999999G"} {
		if n, err := parseSize(s); err == nil {
			t.Errorf("%q is %d", s, n)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"memroy", "memory", 2}, {"cpu", "cpus", 1}, {"abc", "abc", 0}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestTestArgs: what becomes of go test's flags, before and after "--".
func TestTestArgs(t *testing.T) {
	f := testFlags{given: []string{"-v", "--run", "X", "-test.count=1", "-args", "-v"}}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.add(flags)
	v := &voice{json: true}
	if err := flags.Parse([]string{"--timeout=1m", "--run=Y", "--short", "--coverpkg=./...", "--coverprofile=c.out"}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(f.args(v), " ")
	if want := "-test.paniconexit0 -test.timeout=1m0s -test.v=test2json -test.coverprofile=/dev/hvc0 -test.run=Y -test.short=true -test.v -test.run X -test.count=1 -v"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := strings.Join(f.build(), " "); got != "-cover -coverpkg=./..." {
		t.Error(got)
	}
}
