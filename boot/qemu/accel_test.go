package qemu

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	intel := []byte("processor\t: 0\nmodel name\t: svm in a name\nflags\t\t: fpu vmx sse\n")
	amd := []byte("flags\t\t: fpu svm\n")
	nested := []byte("vendor_id\t: vmx\nflags\t\t: fpu sse vmxish hypervisor\n")
	for _, c := range []struct {
		name  string
		host  Host
		arch  string
		accel Accel
		why   string
	}{
		{"intel", Host{"amd64", intel, nil}, "amd64", KVM, "/dev/kvm"},
		{"amd", Host{"amd64", amd, nil}, "amd64", KVM, "/dev/kvm"},
		{"opens but is emulated", Host{"amd64", nested, nil}, "amd64", TCG, "neither vmx nor svm"},
		{"no device", Host{"amd64", intel, fs.ErrNotExist}, "amd64", TCG, "there is no /dev/kvm"},
		{"not allowed", Host{"amd64", intel, fs.ErrPermission}, "amd64", TCG, "group kvm"},
		{"broken", Host{"amd64", intel, errors.New("no such device")}, "amd64", TCG, "no such device"},
		{"other architecture", Host{"amd64", intel, nil}, "arm64", TCG, "this machine is amd64"},
		{"arm64", Host{"arm64", []byte("Features\t: fp asimd\n"), nil}, "arm64", KVM, "/dev/kvm"},
	} {
		accel, why := c.host.Choose(c.arch)
		if accel != c.accel || !strings.Contains(why, c.why) {
			t.Errorf("%s: %s because %q", c.name, accel, why)
		}
	}
}
