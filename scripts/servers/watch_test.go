package servers

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// watched are the questions of `watch` that a machine has a true answer to. Of the others
// there is nothing to tell (control groups, disks, hardware monitors), or nobody counts it.
var watched = map[string]string{
	"procfs.": "CPUInfo GatherARPEntries KernelRandom LoadAvg Meminfo NetDev NetRoute NetSockstat NetSockstat6 NetTCP NetTCP6 NetUDP NetUDP6 NetUNIX Self Stat Swaps VM",
	"procfs.process.": "Cgroups CmdLine Comm Cwd Environ Executable FileDescriptorTargets FileDescriptors FileDescriptorsInfo FileDescriptorsLen IO Limits " +
		"MountInfo NetDev NewStatus ProcMaps RootDir Snmp Snmp6 Stat",
	"sysfs.": "CPU0 CPU1 CPUs ClassCoolingDeviceStats ClassThermalZoneStats IsolatedCPUs NetClass NetClassDevices",
	"gopsutil.": "cpu.Info cpu.Times cpu.Counts cpu.Counts.physical mem.VirtualMemory mem.SwapMemory load.Avg load.Misc host.Info disk.Partitions disk.Usage " +
		"disk.IOCounters net.Interfaces net.IOCounters net.ProtoCounters net.Connections process.Pids",
	"gopsutil.process.": "Cmdline CPUPercent CreateTime Environ Exe IOCounters MemoryInfo MemoryInfoEx Name NumCtxSwitches NumFDs NumThreads OpenFiles PageFaults " +
		"Rlimit Status Threads Times Uids Username",
	"":            "maxprocs memlimit.FromSystem collectors",
	"collectors.": "go_goroutines process_cpu_seconds_total process_max_fds process_open_fds process_resident_memory_bytes process_start_time_seconds process_virtual_memory_bytes",
}

// figures are what is in some answers, of a machine with two processors.
var figures = map[string]string{
	"maxprocs":                     "2 ",
	"gopsutil.cpu.Counts":          "2 ",
	"gopsutil.cpu.Counts.physical": "2 ",
	"sysfs.CPU1":                   "{CoreID:1 CoreSiblingsList:0-1 PhysicalPackageID:0 ThreadSiblingsList:1} ",
	"procfs.process.Cwd":           "/ ",
	"memlimit.FromCgroup":          "error process is not in cgroup",
}

// TestWatch has the libraries answer that programs watch themselves with.
func TestWatch(t *testing.T) {
	bin := os.Getenv("YOLK")
	if bin == "" {
		t.Fatal("YOLK does not name the yolk command: use make test-servers")
	}
	out, err := exec.Command(bin, "run", "-memory", "256M", "-cpus", "2", "./watch").Output()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		said[name] = answer
	}
	for of, names := range watched {
		for _, name := range strings.Fields(names) {
			if answer, ok := said[of+name]; !ok || strings.HasPrefix(answer, "error ") {
				t.Errorf("%s%s: %q", of, name, answer)
			}
		}
	}
	for name, want := range figures {
		if said[name] != want {
			t.Errorf("%s: %q, want %q", name, said[name], want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
