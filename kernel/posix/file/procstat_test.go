package file

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestProcLikeLinux: the files have the form that Linux's have, and this process' figures.
func TestProcLikeLinux(t *testing.T) {
	Full()
	for name, generate := range map[string]func() []byte{"limits": procLimits, "environ": procEnviron} {
		want, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(generate()); name == "limits" && got != string(want) {
			t.Errorf("%s:\n%s\nLinux has\n%s", name, got, want)
		} else if !strings.Contains(got, "\x00") && name == "environ" {
			t.Errorf("%q", got)
		}
	}
	want, _ := os.ReadFile("/proc/self/stat")
	stat := strings.Fields(string(procSelfStat()))
	if len(stat) != 52 || len(strings.Fields(string(want))) != 52 || stat[2] != "R" || stat[13] == "" {
		t.Errorf("%d fields: %q", len(stat), stat)
	}
	var up, idle float64
	if _, err := fmt.Sscan(string(procUptime()), &up, &idle); err != nil || up <= 0 || idle < 0 {
		t.Errorf("up %v, idle %v, %v", up, idle, err)
	}
	Random = func(p []byte, _ bool) int { return copy(p, "0123456789abcdef"[:len(p)]) }
	defer func() { Random = randomTrap }()
	if got := string(machineID()); got != "30313233343536373839616263646566\n" {
		t.Errorf("machine-id %q", got)
	}
	used := usageNow().used
	load.used, load.up, load.means = used-600, usageNow().up-600, [3]float64{} // one processor was busy for six seconds
	if got := string(procLoad()); !strings.HasPrefix(got, "0.09 0.01 0.00 1/") && !strings.HasPrefix(got, "0.09 0.02 0.00 1/") {
		t.Errorf("load %q", got)
	}
	if got := string(procCPUInfo()); !strings.HasPrefix(got, "processor\t: 0\nmodel name\t: "+map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]+"\nphysical id\t: 0\nsiblings\t: ") || !strings.HasSuffix(got, "\n\n") {
		t.Errorf("%q", got)
	}
	for _, line := range []string{"cpu  ", "\ncpu0 ", "\nbtime 1", "\nprocesses 1\n", "\nprocs_running 1\n"} {
		if !strings.Contains(string(procStat()), line) {
			t.Errorf("no %q in\n%s", line, procStat())
		}
	}
	for _, name := range []string{"/proc/stat", "/proc/uptime", "/proc/self/stat", "/proc/self/limits", "/proc/self/environ", "/proc/self/mountinfo", "/proc/self/mounts", "/proc/self/cgroup", "/proc/filesystems", "/etc/os-release",
		"/proc/loadavg", "/proc/cpuinfo", "/proc/vmstat", "/proc/swaps", "/proc/self/statm", "/proc/self/comm", "/sys/devices/system/cpu/online", "/etc/services", "/etc/protocols", "/etc/mime.types"} {
		fd, e := open(t, name, syscall.O_RDONLY, 0)
		if e != 0 {
			t.Errorf("%s: %v", name, e)
			continue
		}
		if n, e := read(fd, make([]byte, 4096)); n == 0 || e != 0 {
			t.Errorf("%s: %d bytes, %v", name, n, e)
		}
		closeFD(fd)
	}
}
