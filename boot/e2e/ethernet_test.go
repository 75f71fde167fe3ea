//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	t.Parallel()
	g, card := startBoard(t, "./testdata/carrier", 7)
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

// ethernetBytes is 100 MB by hand: go test -tags e2e -run TestEthernetServes ./boot/e2e -ethernet 100000000.
var ethernetBytes = flag.Int64("ethernet", 1<<20, "bytes that TestEthernetServes moves each way; from 100 MB on it asks wrk for every size")

// TestEthernetServes: net/http through the LAN9514's model gives curl its bytes and takes
// its bytes, right by their SHA-256, and wrk small and large answers without an error.
func TestEthernetServes(t *testing.T) {
	g, card := startBoard(t, "../../scripts/rpi3/probe", 8080)
	g.expect(t, "probe: link up")
	url, n := fmt.Sprintf("http://127.0.0.1:%d/", g.port), *ethernetBytes
	out := func(name string, args ...string) string {
		t.Helper()
		b, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, b)
		}
		return strings.TrimSpace(string(b))
	}
	file := filepath.Join(t.TempDir(), "bytes")
	out("curl", "-sSf", "--retry", "20", "--retry-connrefused", "-o", file, fmt.Sprintf("%sbytes/%d", url, n))
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, want := sha256.New(), sha256.New()
	if k, err := io.Copy(got, f); k != n || err != nil {
		t.Fatalf("%d bytes, %v", k, err)
	}
	block := make([]byte, 64<<10) // what the probe sends, again and again
	for i := range block {
		block[i] = byte(i*i>>3 + i)
	}
	for left := n; left > 0; left -= int64(len(block)) {
		want.Write(block[:min(left, int64(len(block)))])
	}
	sum := fmt.Sprintf("%x", want.Sum(nil))
	if s := fmt.Sprintf("%x", got.Sum(nil)); s != sum {
		t.Errorf("from the machine: SHA-256 %s, want %s", s, sum)
	}
	if s := out("curl", "-sSf", "-H", "Expect:", "--data-binary", "@"+file, url+"hash"); s != fmt.Sprintf("%d %s", n, sum) {
		t.Errorf("to the machine: %s, want %d %s", s, n, sum)
	}
	loads := [][2]string{{"1", "64"}, {"10", "4096"}, {"10", "262144"}}
	if n >= 100_000_000 {
		loads = nil
		for _, size := range []string{"64", "1024", "4096", "16384", "65536", "262144"} {
			loads = append(loads, [2]string{"1", size}, [2]string{"10", size})
		}
	}
	for _, l := range loads {
		s := out("wrk", "-t1", "-c"+l[0], "-d1s", "--timeout", "30s", url+"bytes/"+l[1])
		if strings.Contains(s, "Socket errors") || strings.Contains(s, "Non-2xx") || !strings.Contains(s, "requests in") {
			t.Errorf("wrk -c%s, %s bytes:\n%s", l[0], l[1], s)
		}
	}
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

// startBoard boots a program on the Raspberry Pi, whose TCP port the guest's port leads
// to, until the test ends, and returns its network card.
func startBoard(t *testing.T, program string, server uint16) (*guest, *qemu.Card) {
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
		Net: qemu.Net{Kind: qemu.NetUser, Forwards: []qemu.Forward{{Proto: "tcp", Addr: "127.0.0.1", Host: uint16(port), Guest: server}}}}
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
