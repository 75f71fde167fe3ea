package qemu

import "testing"

// TestRemedy: each family's own command, by its own name or by whom it is like.
func TestRemedy(t *testing.T) {
	for _, c := range []struct{ program, release, want string }{
		{"qemu-system-x86_64", "NAME=x\nID=debian\n", ": apt-get install qemu-system-x86"},
		{"qemu-system-aarch64", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", ": apt-get install qemu-system-arm"},
		{"qemu-system-x86_64", "ID_LIKE=\"rhel centos fedora\"\nID=\"rocky\"\n", ": dnf install qemu-system-x86-core"},
		{"qemu-system-aarch64", "ID=arch", ": pacman -S qemu-system-aarch64"},
		{"qemu-system-x86_64", "ID=opensuse-leap\n", ": zypper install qemu-x86"},
		{"qemu-system-x86_64", "ID=unheard-of\n", ": install QEMU with this system's package manager"},
		{"qemu-system-x86_64", "", ": install QEMU with this system's package manager"},
	} {
		if got := remedy(c.program, []byte(c.release)); got != c.want {
			t.Errorf("%s on %q: %q, want %q", c.program, c.release, got, c.want)
		}
	}
}
