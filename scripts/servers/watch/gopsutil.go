package main

import (
	"os"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

// watchGopsutil calls what has no receiver by name, and asks about this process.
func watchGopsutil() {
	for _, f := range []struct {
		name string
		call func() (any, error)
	}{
		{"cpu.Info", func() (any, error) { return cpu.Info() }},
		{"cpu.Times", func() (any, error) { return cpu.Times(true) }},
		{"cpu.Counts", func() (any, error) { return cpu.Counts(true) }},
		{"cpu.Counts.physical", func() (any, error) { return cpu.Counts(false) }},
		{"mem.VirtualMemory", func() (any, error) { return mem.VirtualMemory() }},
		{"mem.SwapMemory", func() (any, error) { return mem.SwapMemory() }},
		{"load.Avg", func() (any, error) { return load.Avg() }},
		{"load.Misc", func() (any, error) { return load.Misc() }},
		{"host.Info", func() (any, error) { return host.Info() }},
		{"disk.Partitions", func() (any, error) { return disk.Partitions(true) }},
		{"disk.Usage", func() (any, error) { return disk.Usage("/") }},
		{"disk.IOCounters", func() (any, error) { return disk.IOCounters() }},
		{"net.Interfaces", func() (any, error) { return net.Interfaces() }},
		{"net.IOCounters", func() (any, error) { return net.IOCounters(true) }},
		{"net.ProtoCounters", func() (any, error) { return net.ProtoCounters(nil) }},
		{"net.Connections", func() (any, error) { return net.Connections("all") }},
		{"process.Pids", func() (any, error) { return process.Pids() }},
	} {
		v, err := f.call()
		say("gopsutil."+f.name, v, err)
	}
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		say("gopsutil.process", err)
		return
	}
	// The others end the process, or look for its relatives.
	for _, f := range []struct {
		name string
		call func() (any, error)
	}{
		{"Cmdline", func() (any, error) { return self.Cmdline() }},
		{"CPUPercent", func() (any, error) { return self.CPUPercent() }},
		{"CreateTime", func() (any, error) { return self.CreateTime() }},
		{"Environ", func() (any, error) { return self.Environ() }},
		{"Exe", func() (any, error) { return self.Exe() }},
		{"IOCounters", func() (any, error) { return self.IOCounters() }},
		{"MemoryInfo", func() (any, error) { return self.MemoryInfo() }},
		{"MemoryInfoEx", func() (any, error) { return self.MemoryInfoEx() }},
		{"MemoryMaps", func() (any, error) { return self.MemoryMaps(true) }},
		{"Name", func() (any, error) { return self.Name() }},
		{"NumCtxSwitches", func() (any, error) { return self.NumCtxSwitches() }},
		{"NumFDs", func() (any, error) { return self.NumFDs() }},
		{"NumThreads", func() (any, error) { return self.NumThreads() }},
		{"OpenFiles", func() (any, error) { return self.OpenFiles() }},
		{"PageFaults", func() (any, error) { return self.PageFaults() }},
		{"Rlimit", func() (any, error) { return self.Rlimit() }},
		{"Status", func() (any, error) { return self.Status() }},
		{"Threads", func() (any, error) { return self.Threads() }},
		{"Times", func() (any, error) { return self.Times() }},
		{"Uids", func() (any, error) { return self.Uids() }},
		{"Username", func() (any, error) { return self.Username() }},
	} {
		v, err := f.call()
		say("gopsutil.process."+f.name, v, err)
	}
}
