package file

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"yolk/kernel/abi"
)

// playProcessors has two, which ran for one second and two; the second says what it is.
func playProcessors(t *testing.T) {
	was := processor
	t.Cleanup(func() { processor = was })
	processor = func(number uint64, p *abi.Processor) bool {
		*p = abi.Processor{Used: (number + 1) * 1e9, Switches: 77}
		if number == 1 {
			p.Kind = 0x000c06f2
			copy(p.Vendor[:], "GenuineIntel")
			copy(p.Brand[:], "  An Emulated One  ")
		}
		return number < 2
	}
}

// TestLinks: folders, descriptors and processors are where Linux has them.
func TestLinks(t *testing.T) {
	Full()
	fd, e := open(t, "/etc/services", syscall.O_RDONLY, 0)
	if e != 0 {
		t.Fatal(e)
	}
	if _, e := read(fd, make([]byte, 5)); e != 0 {
		t.Fatal(e)
	}
	for name, want := range map[string]string{
		fmt.Sprintf("/proc/self/fdinfo/%d", fd):                "pos:\t5\nflags:\t0",
		"/proc/self/net/../version":                            "Linux version ",
		"/proc/self/root/proc/version":                         "Linux version ",
		"/proc/self/cwd/proc/version":                          "Linux version ",
		"/proc/partitions":                                     "major minor  #blocks  name\n\n",
		"/sys/devices/system/cpu/offline":                      "\n",
		"/sys/devices/system/cpu/online":                       "0",
		"/sys/devices/system/cpu/cpu0/topology/core_id":        "0\n",
		"/sys/devices/system/cpu/cpu0/topology/core_cpus_list": "0\n",
	} {
		fd, e := open(t, name, syscall.O_RDONLY, 0)
		if e != 0 {
			t.Errorf("%s: %v", name, e)
			continue
		}
		b := make([]byte, 4096)
		if n, e := read(fd, b); e != 0 || !strings.HasPrefix(string(b[:n]), want) {
			t.Errorf("%s: %q, %v", name, b[:n], e)
		}
	}
	ns, e := open(t, "/proc/self/ns/net", syscall.O_RDONLY, 0)
	if e != 0 {
		t.Fatal(e)
	}
	if kind := must(t, syscall.SYS_IOCTL, ns, 0xb703, 0); kind != syscall.CLONE_NEWNET {
		t.Errorf("a namespace of kind %#x", kind)
	}
	fails(t, syscall.ENOTTY, syscall.SYS_IOCTL, ns, 0xb702, 0)
	for range 20 { // a folder is read entry by entry
		var got []string
		for i, l := 0, (listed{Listing: processors()}); ; i++ {
			name, _ := l.Entry(i)
			if name == "" {
				break
			}
			got = append(got, name)
		}
		if want := processors().Names(); !slices.Equal(got, want) || !slices.Contains(got, "cpu0") {
			t.Fatalf("%q, and %q", got, want)
		}
	}
	for _, name := range []string{"/proc/self/fdinfo/77777", "/sys/devices/system/cpu/cpu9999", "/sys/devices/system/cpu/cpu00"} {
		if _, e := open(t, name, syscall.O_RDONLY, 0); e != syscall.ENOENT {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// TestProcLikeLinux: the files have the form that Linux's have, and this process' figures.
func TestProcLikeLinux(t *testing.T) {
	Full()
	playProcessors(t)
	playInterrupts(t)
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
	for _, line := range []string{"processor\t: 0\nmodel name\t: " + map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH] + "\nphysical id\t: 0\nsiblings\t: ",
		"\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: An Emulated One\nstepping\t: 2\nphysical id\t: 0\n"} {
		if !strings.Contains(string(procCPUInfo()), line) {
			t.Errorf("no %q in\n%s", line, procCPUInfo())
		}
	}
	for _, line := range []string{"cpu  300 0 0 ", "\ncpu0 100 0 0 ", "\ncpu1 200 0 0 ", "\nintr 12345680929 1 0 0 0 12345678901\nctxt 77\n", "\nbtime 1", "\nprocesses 1\nprocs_running 0\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n"} {
		if !strings.Contains(string(procStat()), line) {
			t.Errorf("no %q in\n%s", line, procStat())
		}
	}
	for _, name := range []string{"/proc/stat", "/proc/uptime", "/proc/self/stat", "/proc/self/limits", "/proc/self/environ", "/proc/self/mountinfo", "/proc/self/mounts", "/proc/filesystems", "/etc/os-release",
		"/proc/loadavg", "/proc/cpuinfo", "/proc/vmstat", "/proc/swaps", "/proc/self/statm", "/proc/self/comm", "/proc/interrupts", "/proc/softirqs", "/proc/schedstat", "/sys/devices/system/cpu/online", "/etc/services", "/etc/protocols", "/etc/mime.types"} {
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
