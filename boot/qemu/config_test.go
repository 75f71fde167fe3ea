package qemu

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func base() Config {
	return Config{Arch: "amd64", Machine: "microvm", Accel: TCG, Memory: 64 << 20, CPUs: 1,
		Kernel: "/tmp/hello.yolk", Status: "/tmp/status", Net: Net{Kind: NetNone}}
}

const common = "qemu-system-x86_64 -nodefaults -no-user-config -display none -monitor none -no-reboot"

const devices = " -chardev stdio,id=console,signal=off -serial chardev:console" +
	" -chardev file,id=status,path=/tmp/status -device isa-debugcon,chardev=status,iobase=0xe9" +
	" -device isa-debug-exit,iobase=0xf4,iosize=4"

// TestCommand holds whole command lines: a change to one is a change to what
// is run everywhere.
func TestCommand(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"least", func(*Config) {},
			" -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices + " -kernel /tmp/hello.yolk"},
		{"user network on microvm", func(c *Config) {
			c.Net = Net{Kind: NetUser, Forwards: []Forward{{"tcp", "127.0.0.1", 8080, 80}, {"udp", "0.0.0.0", 5353, 53}}}
		}, " -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
			" -netdev user,id=net0,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:5353-:53" +
			" -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0 -kernel /tmp/hello.yolk -append virtio_mmio.device=512@0xfeb00e00:23"},
		{"tap on q35 with kvm", func(c *Config) {
			c.Machine, c.Accel, c.CPUs, c.Memory = "q35", KVM, 2, 1<<30
			c.Net = Net{Kind: NetTap, Iface: "tap0"}
		}, " -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel kvm -bios qboot.rom -cpu host -smp 2 -m 1048576k" + devices +
			" -netdev tap,id=net0,script=no,downscript=no,ifname=tap0" +
			" -device virtio-net-pci,netdev=net0,disable-legacy=on,romfile= -kernel /tmp/hello.yolk"},
		{"tap with several queues on q35", func(c *Config) {
			c.Machine, c.CPUs = "q35", 3
			c.Net = Net{Kind: NetTap, Iface: "tap0", Several: true}
		}, " -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel tcg -bios qboot.rom -cpu max -smp 3 -m 65536k" + devices +
			" -netdev tap,id=net0,script=no,downscript=no,ifname=tap0,queues=3" +
			" -device virtio-net-pci,netdev=net0,disable-legacy=on,romfile=,mq=on,vectors=8 -kernel /tmp/hello.yolk"},
		{"and with one processor on microvm", func(c *Config) { c.Net = Net{Kind: NetTap, Iface: "tap0", Several: true} },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -netdev tap,id=net0,script=no,downscript=no,ifname=tap0,queues=2" +
				" -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0,mq=on -kernel /tmp/hello.yolk" +
				" -append virtio_mmio.device=512@0xfeb00e00:23"},
		{"three cards on microvm", func(c *Config) {
			c.Net, c.More = Net{Kind: NetSocket, Socket: "listen=127.0.0.1:5000"}, []Net{{Kind: NetHub, Hub: "3"}, {Kind: NetHub, Hub: "3"}}
		}, " -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
			" -netdev socket,id=net0,listen=127.0.0.1:5000 -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0" +
			" -netdev hubport,id=net1,hubid=3 -device virtio-net-device,netdev=net1" +
			" -netdev hubport,id=net2,hubid=3 -device virtio-net-device,netdev=net2 -kernel /tmp/hello.yolk" +
			" -append 'virtio_mmio.device=512@0xfeb00e00:23 virtio_mmio.device=512@0xfeb00c00:22 virtio_mmio.device=512@0xfeb00a00:21'"},
		{"one of our networks", func(c *Config) { c.Net = Net{Kind: NetSwitch, Switch: "lab", MAC: "52:54:0a:4d:00:02", FD: 5} },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -netdev socket,id=net0,fd=5 -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0,mac=52:54:0a:4d:00:02" +
				" -kernel /tmp/hello.yolk -append virtio_mmio.device=512@0xfeb00e00:23"},
		{"one that can be saved", func(c *Config) { c.Memfd, c.RAM, c.Monitor = true, 5, "/tmp/a,b" },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on,memory-backend=ram -accel tcg -bios qboot.rom -cpu max" +
				" -object memory-backend-file,share=on,mem-path=/dev/fd/5,id=ram,size=65536k -smp 1,maxcpus=2 -m 65536k" + devices +
				" -chardev socket,id=monitor,server=on,wait=off,path=/tmp/a,,b -mon chardev=monitor,mode=control -kernel /tmp/hello.yolk"},
		{"one that was saved", func(c *Config) { c.Saved = "/tmp/saved" },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on,memory-backend=ram -accel tcg -bios qboot.rom -cpu max" +
				" -object memory-backend-file,share=off,mem-path=/tmp/saved/memory,id=ram,size=65536k -smp 1,maxcpus=2 -m 65536k" + devices +
				" -kernel /tmp/hello.yolk -incoming defer"},
		{"a q35 that can be saved", func(c *Config) { c.Machine, c.Memfd, c.RAM = "q35", true, 5 },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off,memory-backend=ram -accel tcg -cpu max" +
				" -object memory-backend-file,share=on,mem-path=/dev/fd/5,id=ram,size=65536k -smp 1,maxcpus=2 -m 65536k" + devices +
				" -device vmgenid,guid=auto -kernel /tmp/hello.yolk"},
		{"one with a generation id of its user's", func(c *Config) {
			c.Machine, c.Saved, c.Extra = "q35", "/tmp/saved", []string{"-device", "vmgenid"}
		},
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off,memory-backend=ram -accel tcg -cpu max" +
				" -object memory-backend-file,share=off,mem-path=/tmp/saved/memory,id=ram,size=65536k -smp 1,maxcpus=2 -m 65536k" + devices +
				" -kernel /tmp/hello.yolk -incoming defer -device vmgenid"},
		{"hub on q35", func(c *Config) { c.Machine, c.Net = "q35", Net{Kind: NetHub, Hub: "1"} },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel tcg -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -netdev hubport,id=net0,hubid=1 -device virtio-net-pci,netdev=net0,disable-legacy=on,romfile= -kernel /tmp/hello.yolk"},
		{"generation id", func(c *Config) { c.Machine, c.Extra = "q35", []string{"-device", "vmgenid,guid=auto"} },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel tcg -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -kernel /tmp/hello.yolk -device vmgenid,guid=auto"},
		{"hub on q35 by QEMU's own options", func(c *Config) { c.Machine, c.Extra = "q35", []string{"-netdev", "hubport,id=x,hubid=1"} },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel tcg -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -kernel /tmp/hello.yolk -netdev hubport,id=x,hubid=1"},
		{"arguments and extras", func(c *Config) {
			c.Append, c.Extra = `log=debug -- "a b" it's`, []string{"-d", "int"}
		}, " -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
			` -kernel /tmp/hello.yolk -append 'log=debug -- "a b" it'\''s' -d int`},
		{"side on microvm", func(c *Config) { c.Net, c.Side = Net{Kind: NetHub, Hub: "0"}, "/tmp/a,b" },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -netdev hubport,id=net0,hubid=0 -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0" +
				" -chardev file,id=side,path=/tmp/a,,b -global virtio-mmio.force-legacy=false" +
				" -device virtio-serial-device -device virtconsole,chardev=side -kernel /tmp/hello.yolk" +
				" -append 'virtio_mmio.device=512@0xfeb00e00:23 virtio_mmio.device=512@0xfeb00c00:22'"},
		{"a device by QEMU's own options on microvm", func(c *Config) {
			c.Append, c.Extra = "log=debug", []string{"-device", "virtio-rng-device", "-global", "virtio-net-device.tx=timer"}
		}, " -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
			" -kernel /tmp/hello.yolk -append 'virtio_mmio.device=512@0xfeb00e00:23 log=debug'" +
			" -device virtio-rng-device -global virtio-net-device.tx=timer"},
		{"microvm without ACPI", func(c *Config) { c.Machine, c.Extra = "microvm,acpi=off", []string{"-device", "virtio-rng-device"} },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on,acpi=off -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -kernel /tmp/hello.yolk -device virtio-rng-device"},
		{"control socket", func(c *Config) { c.Control = 4 },
			" -machine microvm,acpi=on,ioapic2=off,rtc=on -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -chardev socket,id=control,fd=4 -mon chardev=control,mode=control -kernel /tmp/hello.yolk"},
		{"side on q35", func(c *Config) { c.Machine, c.Side = "q35", "out" },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices +
				" -chardev file,id=side,path=out -device virtio-serial-pci,disable-legacy=on,vectors=3" +
				" -device virtconsole,chardev=side -kernel /tmp/hello.yolk"},
		{"machine options", func(c *Config) { c.Machine = "q35,hpet=off" },
			" -machine q35,usb=off,vmport=off,sata=off,smbus=off,smm=off,hpet=off -accel tcg -bios qboot.rom -cpu max -smp 1,maxcpus=2 -m 65536k" + devices + " -kernel /tmp/hello.yolk"},
	} {
		cfg := base()
		c.change(&cfg)
		if got := cfg.Command(); got != common+c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, common+c.want)
		}
	}
}

func TestCommandARM64(t *testing.T) {
	c := base()
	c.Arch, c.Machine, c.CPUs = "arm64", "virt,gic-version=3", 2
	c.Net = Net{Kind: NetUser}
	want := strings.Replace(common, "x86_64", "aarch64", 1) + " -machine virt,gic-version=3 -accel tcg -cpu max -smp 2 -m 65536k" +
		" -chardev stdio,id=console,signal=off -serial chardev:console -semihosting-config enable=on,target=gdb" +
		" -netdev user,id=net0 -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0,bus=virtio-mmio-bus.0 -kernel /tmp/hello.yolk"
	if got := c.Command(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for _, v := range []struct {
		accel Accel
		cpus  int
		want  string
	}{{TCG, 8, "virt"}, {TCG, 9, "virt,gic-version=3"}, {KVM, 1, "virt,gic-version=host"}} {
		c.Machine, c.Accel, c.CPUs = "virt", v.accel, v.cpus
		if got := c.machine(); got != v.want {
			t.Errorf("%s with %d processors: %s, want %s", v.accel, v.cpus, got, v.want)
		}
	}
	c.Accel, c.CPUs = TCG, 2
	c.Machine = "virt-gic3"
	want = strings.Replace(want, " -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=net0,bus=virtio-mmio-bus.0",
		" -device virtio-net-pci,netdev=net0,disable-legacy=on,romfile=", 1)
	if got := c.Command(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestCommandBoard(t *testing.T) {
	c := base()
	c.Arch, c.Machine, c.CPUs, c.Memory, c.Tree = "arm64", "raspi3b", 4, 1<<30, "/tmp/rpi3.dtb"
	c.Net = Net{Kind: NetUser}
	want := strings.Replace(common, "x86_64", "aarch64", 1) + " -machine raspi3b -accel tcg -smp 4 -m 1048576k" +
		" -chardev stdio,id=console,signal=off -serial chardev:console -semihosting-config enable=on,target=gdb" +
		" -netdev user,id=net0 -device usb-net,netdev=net0 -kernel /tmp/hello.yolk -dtb /tmp/rpi3.dtb"
	if got := c.Command(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	c.USB, c.Wire = 5, 6
	const model = " -netdev socket,id=wire,fd=6 -netdev hubport,id=port1,hubid=9514,netdev=wire" +
		" -chardev socket,id=lan9514,fd=5 -device usb-redir,chardev=lan9514,port=1"
	want = strings.Replace(want, " -device usb-net,netdev=net0", " -netdev hubport,id=port0,hubid=9514,netdev=net0"+model, 1)
	if got := c.Command(); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	c.Net = Net{Kind: NetHub, Hub: "3"}
	if got, want := c.Command(), strings.Replace(model, "9514,", "3,", 1); !strings.Contains(got, want) || strings.Contains(got, "net0") {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestCommandEscapesCommas(t *testing.T) {
	c := base()
	c.Status = "/tmp/a,b"
	if !slices.Contains(c.Args(), "file,id=status,path=/tmp/a,,b") {
		t.Errorf("a comma in a file name is not doubled: %q", c.Args())
	}
}

// TestShellQuote asks a real shell.
func TestShellQuote(t *testing.T) {
	for _, s := range []string{"plain", "", "a b", "it's", `"\$HOME`, "*;&|\n`x`", "-n"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellQuote(s)).Output()
		if err != nil || string(out) != strings.TrimSuffix(s, "") {
			t.Errorf("%q as %s comes back as %q, %v", s, shellQuote(s), out, err)
		}
	}
}

func TestParseNet(t *testing.T) {
	for s, want := range map[string]Net{
		"none":                         {Kind: NetNone},
		"user":                         {Kind: NetUser},
		"tap:tap0":                     {Kind: NetTap, Iface: "tap0"},
		"socket:listen=127.0.0.1:5000": {Kind: NetSocket, Socket: "listen=127.0.0.1:5000"},
		"hub:12":                       {Kind: NetHub, Hub: "12"},
	} {
		if got, err := ParseNet(s); err != nil || got.Kind != want.Kind || got.Iface != want.Iface || got.Socket != want.Socket || got.Hub != want.Hub {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "tap", "tap:", "user:x", "bridge", "hub:", "hub:one"} {
		if _, err := ParseNet(s); err == nil || !strings.Contains(err.Error(), "tap:INTERFACE") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
