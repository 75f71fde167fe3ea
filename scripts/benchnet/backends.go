package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"yolk/boot/child"
	"yolk/boot/qemu"
)

// hubCards is a card on a hub inside QEMU whose other port has no card, so that
// frames are discarded there: the machine's own cost. With the default, tx=bh,
// such a card stalls now and then; with tx=timer it sends so many nanoseconds
// after it was told to. With many of these the timer is what is measured: every
// system comes to one ring in a period.
func hubCards(properties string) []string {
	return append([]string{"-netdev", "hubport,id=n0,hubid=0", "-netdev", "hubport,id=n1,hubid=0"},
		card("n0", ",tx=timer,"+properties)...)
}

// count counts instructions for a packet in each step of pktgen's tutorial, with
// a clock that advances by one nanosecond an instruction, and without the device.
// (Unikraft's generator: 674.) The card hears of packets at once, not when QEMU's
// main thread has time (ioeventfd), and sends soon enough that its ring is never
// full: pktgen never waits, which it proves by dropping nothing, and pays for
// taking each packet back.
func (b *bench) count() error {
	for _, mode := range []string{"generate -alloc heap", "generate", "copy", "reuse", "zerocopy"} {
		for _, how := range []struct{ what, args string }{{"send", "-full drop"}, {"isolated", "-isolate"}} {
			args := "-mode " + mode + " " + how.args + " -count 50000"
			argv, err := b.yolk("pktgen", append(hubCards("x-txtimer=5000,ioeventfd=off"), "-icount", "shift=0,sleep=off"), strings.Fields(args)...)
			if err != nil {
				return err
			}
			argv[slices.Index(argv, "tcg")] = "tcg,thread=single"
			b.say("$ %s", strings.Join(argv, " "))
			out, err := b.output(argv)
			m := ownRate.FindSubmatch(out)
			if m == nil || !bytes.Contains(out, []byte("; 0 dropped")) {
				return fmt.Errorf("pktgen printed no rate, or dropped packets (%v): %s", err, out)
			}
			rate, _ := strconv.ParseFloat(string(m[1]), 64)
			b.add("instructions a packet", how.what+", "+mode, "yolk", 1e9/rate, "")
		}
	}
	return nil
}

// contestant is a system in one direction on one backend.
type contestant struct {
	system string
	argv   []string
	rate   *regexp.Regexp
}

// contest runs the systems in turn, each with what start starts, and notes the
// medians.
func (b *bench) contest(where, what string, all []contestant, start func() (stop func(), err error)) {
	found := map[string][]float64{}
	turn := func(c contestant) error {
		stop, err := start()
		if err != nil {
			return err
		}
		defer stop()
		rates, err := b.rates(c.argv, c.rate, b.seconds)
		found[c.system] = append(found[c.system], rates...)
		return err
	}
	for range b.rounds {
		for _, c := range all {
			err := turn(c)
			if err != nil { // a Linux guest's start now and then ends in a panic, over vhost-user
				b.say("%s, %s, %s, once more: %v", where, what, c.system, err)
				err = turn(c)
			}
			if err != nil {
				b.say("%s, %s, %s left out: %v", where, what, c.system, err)
			}
		}
	}
	for _, c := range all {
		if v := found[c.system]; len(v) > 0 {
			b.add(where, what, c.system, median(v)/1000, "k/s")
		}
	}
}

// systems are who sends, receives or forwards frames of a size over cards.
func (b *bench) systems(direction string, size int, cards, linuxCards []string) (all []contestant, err error) {
	// All systems use rings of 256, the most that QEMU's backends have.
	program, args := "pktgen", []string{"-interval", "1s", "-queue", "256"}
	linuxArgs, dpdkArgs := []string{"receive"}, []string{"dpdk", "--forward-mode=rxonly"}
	switch direction {
	case "send":
		args = append(args, "-size", strconv.Itoa(size), "-mode", "zerocopy")
		linuxArgs = []string{"send", strconv.Itoa(size), "32"}
		dpdkArgs = []string{"dpdk", "--forward-mode=txonly", "--txpkts=" + strconv.Itoa(size)}
	case "receive":
		args = append(args, "-receive")
	case "forward":
		program, args, linuxArgs = "l2fwd", []string{"-size", "256"}, nil
		dpdkArgs = []string{"dpdk", "--forward-mode=macswap"}
	}
	argv, err := b.yolk(program, cards, args...)
	if err != nil {
		return nil, err
	}
	all = append(all, contestant{"yolk", argv, ownRate})
	linux, err := b.linux()
	if err != nil {
		b.say("Linux left out: %v", err)
		return all, nil
	}
	if linuxArgs != nil {
		all = append(all, contestant{"linux", linux.command(linuxCards, linuxArgs...), ownRate})
	}
	if linux.dpdk {
		all = append(all, contestant{"dpdk", linux.command(linuxCards, dpdkArgs...), dpdkRate[direction]})
	}
	return all, nil
}

// hub measures sending into a hub that discards.
func (b *bench) hub() error {
	for _, size := range b.sizes {
		cards := hubCards("x-txtimer=5000")
		all, err := b.systems("send", size, cards, cards)
		if err != nil {
			return err
		}
		b.contest("hub", fmt.Sprintf("send, %d bytes", size), all, func() (func(), error) { return func() {}, nil })
	}
	return nil
}

// socket measures over QEMU's plain socket backend: a datagram a frame, to and
// from this program.
func (b *bench) socket() error {
	for _, direction := range []string{"send", "receive", "forward"} {
		for _, size := range b.sizes {
			host, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				return err
			}
			guest, err := qemu.FreePort("udp")
			if err != nil {
				return err
			}
			cards := append([]string{"-netdev", fmt.Sprintf("socket,id=n0,udp=%v,localaddr=127.0.0.1:%d", host.LocalAddr(), guest)}, card("n0", "")...)
			all, err := b.systems(direction, size, cards, cards)
			if err != nil {
				return err
			}
			b.contest("socket", fmt.Sprintf("%s, %d bytes", direction, size), all, func() (func(), error) {
				return feed(host, int(guest), size, direction != "send"), nil
			})
			host.Close()
		}
	}
	return nil
}

// feed sends broadcast frames to a guest as fast as it can, if it is to, until the
// returned function is called. What the guest sends stays unread: the kernel
// drops it when the socket's buffer is full.
func feed(c *net.UDPConn, port, size int, send bool) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		frame := make([]byte, size)
		copy(frame, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x88\xb5")
		to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		for {
			select {
			case <-end:
				return
			default:
			}
			if !send {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			if _, err := c.WriteToUDP(frame, to); err != nil {
				time.Sleep(time.Millisecond) // nobody there yet
			}
		}
	}()
	return func() { close(end); <-ended }
}

// vhost measures with DPDK's testpmd on the host as the other end, polling on
// the second processor. vectors=0: with message interrupts QEMU 7.2 crashes when
// a vhost-user card starts under software emulation.
func (b *bench) vhost() error {
	if _, err := exec.LookPath("dpdk-testpmd"); err != nil {
		return fmt.Errorf("%w: install Debian's package dpdk-dev", err)
	}
	socket := filepath.Join(b.work, "vhost")
	cards := func(mem string) []string {
		return append([]string{"-object", "memory-backend-memfd,id=mm,size=" + mem + ",share=on", "-machine", "memory-backend=mm",
			"-chardev", "socket,id=c0,path=" + socket, "-netdev", "vhost-user,id=n0,chardev=c0"}, card("n0", ",vectors=0")...)
	}
	for _, direction := range []string{"send", "receive", "forward"} {
		for _, size := range b.sizes {
			all, err := b.systems(direction, size, cards("128M"), cards("640M"))
			if err != nil {
				return err
			}
			for i := range all { // away from testpmd, which polls on processor 1
				all[i].argv = append([]string{"taskset", "-c", "0"}, all[i].argv...)
			}
			mode := map[string]string{"send": "rxonly", "receive": "txonly", "forward": "flowgen"}[direction]
			b.contest("vhost-user", fmt.Sprintf("%s, %d bytes", direction, size), all, func() (func(), error) {
				return b.testpmd(socket, mode, size)
			})
		}
	}
	return nil
}

// testpmd starts DPDK's test program on the host and waits for its socket.
func (b *bench) testpmd(socket, mode string, size int) (stop func(), err error) {
	os.Remove(socket)
	cmd := exec.CommandContext(b.ctx, "dpdk-testpmd", "--no-huge", "-m", "256", "--no-pci", "--file-prefix=benchnet", "--single-file-segments",
		"-l", "0,1", "--vdev", "net_vhost0,iface="+socket+",queues=1", "--", "--forward-mode="+mode, "--txpkts="+strconv.Itoa(size),
		"--auto-start", "--stats-period=1", "--total-num-mbufs=4096")
	b.say("$ %s", strings.Join(cmd.Args, " "))
	if err := child.Start(cmd); err != nil {
		return nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	for range 200 {
		if _, err := os.Stat(socket); err == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return nil, fmt.Errorf("testpmd made no socket in 20 s")
}
