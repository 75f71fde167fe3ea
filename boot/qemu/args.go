package qemu

import (
	"fmt"
	"os"
	"strings"
)

// Args returns the command line after the program's name.
func (c Config) Args() []string {
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot",
		"-machine", c.machine(), "-accel", string(c.Accel)}
	if c.kind() == "microvm" || c.kind() == "q35" && !c.hub() && !asksForGeneration(append(c.generation(), c.Extra...)) {
		// A firmware that does not look for disks, 30 ms faster under software
		// emulation. With a card on a hub or a generation id it halts on q35 (QEMU
		// 7.2), and the machine's own firmware does not.
		args = append(args, "-bios", "qboot.rom")
	}
	if !c.board() {
		args = append(args, "-cpu", c.cpu())
	}
	args = append(args, c.memory()...)
	args = append(args, "-smp", c.smp(), "-m", fmt.Sprintf("%dk", c.Memory>>10),
		"-chardev", "stdio,id=console,signal=off")
	if c.Second {
		args = append(args, "-serial", "null")
	}
	args = append(args, "-serial", "chardev:console")
	args = append(args, c.status()...)
	if c.Control != 0 {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=control,fd=%d", c.Control), "-mon", "chardev=control,mode=control")
	}
	if c.Debug != 0 {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=debugger,fd=%d", c.Debug), "-gdb", "chardev:debugger", "-S")
	}
	if c.Monitor != "" {
		args = append(args, "-chardev", "socket,id=monitor,server=on,wait=off,path="+escape(c.Monitor), "-mon", "chardev=monitor,mode=control")
	}
	args = append(args, c.network()...)
	args = append(args, c.side()...)
	args = append(args, c.volumes()...)
	args = append(args, c.generation()...)
	args = append(args, "-kernel", c.Kernel)
	if c.Tree != "" {
		args = append(args, "-dtb", c.Tree)
	}
	if line := strings.TrimSpace(c.places() + c.Append); line != "" {
		args = append(args, "-append", line)
	}
	if c.Saved != "" {
		args = append(args, "-incoming", "defer")
	}
	return append(args, c.Extra...)
}

// status are the ways for the machine to end with a status.
func (c Config) status() []string {
	if c.arm() {
		return []string{"-semihosting-config", "enable=on,target=gdb"}
	}
	return []string{
		"-chardev", "file,id=status,path=" + escape(c.Status),
		"-device", "isa-debugcon,chardev=status,iobase=0xe9",
		"-device", "isa-debug-exit,iobase=0xf4,iosize=4",
	}
}

// side is a virtio console whose output goes to a file. On PCI it has interrupts for
// its configuration and two queues; QEMU's default is one less.
func (c Config) side() []string {
	if c.Side == "" {
		return nil
	}
	args := []string{"-chardev", "file,id=side,path=" + escape(c.Side)}
	if c.mmio() {
		args = append(args, "-global", modernMMIO, "-device", "virtio-serial-device")
	} else {
		args = append(args, "-device", "virtio-serial-pci,disable-legacy=on,vectors=3")
	}
	return append(args, "-device", "virtconsole,chardev=side")
}

// escape protects a value in one of QEMU's comma-separated options.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }

// Command returns the whole command line, quoted for a shell.
func (c Config) Command() string {
	if c.Status == "" {
		c.Status = os.DevNull // nobody is there to read it
	}
	words := []string{c.Program()}
	for _, a := range c.Args() {
		words = append(words, shellQuote(a))
	}
	return strings.Join(words, " ")
}

const shellSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=,.:/+@%"

// shellQuote returns s as one word of a POSIX shell.
func shellQuote(s string) string {
	if s != "" && strings.Trim(s, shellSafe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
