package qemu

import (
	"bytes"
	"os"
	"runtime"
)

// A Host is what the choice of acceleration depends on.
type Host struct {
	Arch    string // GOARCH
	CPUInfo []byte // /proc/cpuinfo
	KVM     error  // from opening /dev/kvm for reading and writing
}

// ThisHost looks at the machine we run on.
func ThisHost() Host {
	h := Host{Arch: runtime.GOARCH}
	h.CPUInfo, _ = os.ReadFile("/proc/cpuinfo")
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if h.KVM = err; err == nil {
		f.Close()
	}
	return h
}

// Choose returns how a guest of architecture arch shall be executed, with the
// reason. KVM only where it is the processor that virtualises: a /dev/kvm that
// opens on x86 without the vmx or svm flag is itself emulated, and slower than
// translation.
func (h Host) Choose(arch string) (Accel, string) {
	switch {
	case h.Arch != arch:
		return TCG, "this machine is " + h.Arch
	case os.IsNotExist(h.KVM):
		return TCG, "there is no /dev/kvm"
	case os.IsPermission(h.KVM):
		return TCG, "/dev/kvm is not ours to open (is the user in group kvm?)"
	case h.KVM != nil:
		return TCG, "/dev/kvm does not open: " + h.KVM.Error()
	case arch == "amd64" && !hasFlag(h.CPUInfo, "vmx") && !hasFlag(h.CPUInfo, "svm"):
		return TCG, "the processor has neither vmx nor svm"
	}
	return KVM, "/dev/kvm"
}

// hasFlag looks for a word in the "flags" lines of /proc/cpuinfo.
func hasFlag(cpuinfo []byte, flag string) bool {
	for line := range bytes.Lines(cpuinfo) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		if string(bytes.TrimSpace(key)) != "flags" {
			continue
		}
		for word := range bytes.FieldsSeq(value) {
			if string(word) == flag {
				return true
			}
		}
	}
	return false
}
