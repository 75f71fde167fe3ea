package servers

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// watched are the questions of `watch` that a machine has a true answer to. Of the others
// there is nothing to tell (control groups, disks, hardware monitors), or nobody counts it.
var watched = map[string]string{
	"procfs.": "CPUInfo GatherARPEntries KernelRandom LoadAvg Meminfo NetDev NetRoute NetSockstat NetSockstat6 NetSoftnetStat NetTCP NetTCP6 NetUDP NetUDP6 NetUNIX " +
		"Schedstat Self Softirqs Stat Swaps VM interrupts",
	"procfs.process.": "Cgroups CmdLine Comm Cwd Environ Executable FileDescriptorTargets FileDescriptors FileDescriptorsInfo FileDescriptorsLen IO Limits " +
		"MountInfo NetDev Netstat NewStatus ProcMaps ProcSMapsRollup RootDir Schedstat Snmp Snmp6 Stat",
	"sysfs.": "CPU0 CPU1 CPUs ClassCoolingDeviceStats ClassThermalZoneStats IsolatedCPUs NetClass NetClassDevices",
	"gopsutil.": "cpu.Info cpu.Times cpu.Counts cpu.Counts.physical mem.VirtualMemory mem.SwapMemory load.Avg load.Misc host.Info disk.Partitions disk.Usage " +
		"disk.IOCounters net.Interfaces net.IOCounters net.ProtoCounters net.Connections process.Pids",
	"gopsutil.process.": "Cmdline CPUPercent CreateTime Environ Exe IOCounters MemoryInfo MemoryInfoEx MemoryMaps Name NumCtxSwitches NumFDs NumThreads OpenFiles PageFaults " +
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

// shapes are what other answers look like: what is counted is more than nothing.
var shapes = map[string]string{
	"procfs.Stat":                    `CPU:map\[0:{.* 1:{.* IRQTotal:[1-9]\d* IRQ:\[\d.* ContextSwitches:[1-9]\d* .* ProcessesRunning:[1-9]`,
	"procfs.Schedstat":               `^{CPUs:\[`,
	"procfs.NetSoftnetStat":          `^\[{Processed:\d+ Dropped:0 .* Index:0 Width:13} {Processed:\d+ .* Index:1 Width:13}\] $`,
	"procfs.Softirqs":                `^{Hi:\[0 0\] Timer:\[0 0\] .* RCU:\[0 0\]} $`,
	"procfs.interrupts":              `LOC:{Info:Local timer interrupts Devices: Values:\[[1-9]\d* [1-9]\d*\]}`,
	"procfs.process.Schedstat":       `^{RunningNanoseconds:[1-9]\d* WaitingNanoseconds:\d+ RunTimeslices:[1-9]\d*} $`,
	"procfs.process.ProcSMapsRollup": `^{Rss:[1-9]\d* Pss:[1-9]\d* SharedClean:0 SharedDirty:0 PrivateClean:[1-9]\d* PrivateDirty:[1-9]\d* Referenced:[1-9]\d* Anonymous:[1-9]\d* Swap:0 SwapPss:0} $`,
	"procfs.process.Netstat":         `TcpExt:{SyncookiesSent:0x.* ListenDrops:0x`,
	"gopsutil.process.MemoryMaps":    `"rss":[1-9]`,
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
	for name, shape := range shapes {
		if !regexp.MustCompile(shape).MatchString(said[name]) {
			t.Errorf("%s: %q, want %s", name, said[name], shape)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}
