//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"

	"yolk/boot/build"
	"yolk/boot/qemu"
	"yolk/boot/vmm"
	"yolk/drivers/usb/smsc95xx/lan9514"
	"yolk/kernel/cmdline"
)

// TestEthernet: the Raspberry Pi's Ethernet, with its chip in the test's own hands. A
// server's connection lives on while the cable is pulled, while the chip is unplugged
// and plugged in again, and while it fails in ways that USB devices do; every byte comes
// back.
func TestEthernet(t *testing.T) {
	g, card := startBoard(t, "./testdata/carrier")
	g.expect(t, "smsc95xx")
	g.expect(t, "up|running 10.0.2.15/24")
	c := g.dial(t)
	echo(t, c, "before")
	card.Chip.SetLink(false, 0)
	g.expect(t, "eth0: link down")
	fmt.Fprint(c, "meanwhile")
	card.Chip.SetLink(true, 0)
	g.expect(t, "eth0: link up")
	receive(t, c, "meanwhile")
	returned(t, c, 1<<20)

	card.Unplug()
	g.expect(t, "(0424:ec00): has left")
	fmt.Fprint(c, "unplugged")
	card.Plug()
	g.expect(t, "(0424:ec00): high speed, smsc95xx")
	receive(t, c, "unplugged")
	returned(t, c, 256<<10)

	for name, fault := range faults {
		fault(card)
		echo(t, c, name)
	}
	returned(t, c, 256<<10)
	if s := card.Chip.Stats(); s.TxBad != 0 || s.RxDropped != 0 {
		t.Errorf("%+v", s)
	}
}

// returned sends n bytes and wants them back, by their SHA-256.
func returned(t *testing.T, c net.Conn, n int64) {
	t.Helper()
	sent, got := sha256.New(), sha256.New()
	failed := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.MultiWriter(c, sent), io.LimitReader(rand.NewChaCha8([32]byte{1}), n))
		failed <- err
	}()
	if _, err := io.CopyN(got, c, n); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil || string(sent.Sum(nil)) != string(got.Sum(nil)) {
		t.Fatalf("other bytes, %v", err)
	}
}

// faults are what a USB device can do wrong, once. The driver resets the chip. A transfer
// that never ends is for tests on the host: QEMU 7.2 aborts when one is taken from it.
var faults = map[string]func(*qemu.Card){
	"stall":  func(c *qemu.Card) { c.Chip.Inject(lan9514.BulkIn, lan9514.Stall) },
	"babble": func(c *qemu.Card) { c.Chip.Inject(lan9514.BulkIn, lan9514.Babble) },
	"broken": func(c *qemu.Card) { c.Chip.Inject(lan9514.BulkOut, lan9514.Broken) },
	"corrupt status": func(c *qemu.Card) {
		once := false
		c.Chip.Corrupt(func(burst []byte) []byte {
			if !once {
				burst[3] = 0x3f // a length that reaches beyond the burst
			}
			once = true
			return burst
		})
	},
}

// startBoard boots a program on the Raspberry Pi, whose TCP port 7 the guest's port
// leads to, until the test ends, and returns its network card.
func startBoard(t *testing.T, program string) (*guest, *qemu.Card) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "kernel8.img")
	if out, complaint, status := output(t, "build", "-plat", "rpi3", "-o", image, program); status != 0 {
		t.Fatal(out, complaint)
	}
	p, err := build.FindPlatform("rpi3", "")
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	c := qemu.Config{Arch: p.Arch, Machine: p.Machines[0], Accel: qemu.TCG, Memory: 1 << 30, CPUs: p.CPUs[0], Kernel: image,
		Net: qemu.Net{Kind: qemu.NetUser, Forwards: []qemu.Forward{{Proto: "tcp", Addr: "127.0.0.1", Host: uint16(port), Guest: 7}}}}
	if c.Tree, err = p.DeviceTree(); err == nil {
		c.Append, err = cmdline.Join(append([]string{"log=info"}, qemu.UserNetOptions...), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithTimeout(context.Background(), limit)
	out, in := io.Pipe()
	cards, ended := make(chan *qemu.Card, 1), make(chan struct{})
	c.Card = func(card *qemu.Card) { cards <- card }
	go func() {
		defer close(ended)
		_, err := c.Run(ctx, vmm.IO{Out: in})
		in.CloseWithError(err)
	}()
	t.Cleanup(func() {
		end()
		if rest, _ := io.ReadAll(out); t.Failed() {
			t.Logf("%s", rest)
		}
		<-ended
	})
	return &guest{port: port, lines: bufio.NewScanner(out)}, <-cards
}
