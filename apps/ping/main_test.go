package main

import (
	"bytes"
	"encoding/hex"
	"testing"

	"yolk/apps/netfunc"
	"yolk/apps/wire"
	"yolk/netdev"
	"yolk/netdev/netbuf"
	"yolk/netdev/pipe"
)

const own = wire.IPv4(0xc0000202) // 192.0.2.2

// Frames from 192.0.2.1 at 02:00:00:00:00:01, without the destination address, as
// tcpdump has seen them: a ping with 4 bytes, and who has 192.0.2.2.
const (
	echo = "020000000001" + "0800" + "45000020123440004001a4a5c0000201c0000202" + "0800" + "3331" + "00070001" + "61626364"
	arp  = "020000000001" + "0806" + "0001080006040001" + "020000000001" + "c0000201" + "000000000000" + "c0000202"
)

func TestAnswers(t *testing.T) {
	near, far := pipe.New()
	dev, peer := netdev.New(near), netdev.New(far)
	for _, d := range []*netdev.Device{dev, peer} {
		if err := d.Open(netdev.Config{}, netdev.RxConfig{}, netdev.TxConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := peer.SetPromiscuous(true); err != nil {
		t.Fatal(err)
	}
	mac := dev.HardwareAddr()
	r := netfunc.NewResponder(dev, answerer(mac, own))
	ask := func(to netdev.HardwareAddr, rest string, change func([]byte)) []byte {
		text, err := hex.DecodeString(rest)
		if err != nil {
			t.Fatal(err)
		}
		frame := append(append(to[:], text...), make([]byte, 60-6-len(text))...)
		if change != nil {
			change(frame)
		}
		b, err := netbuf.New(netbuf.Heap, 128, 0)
		if err != nil {
			t.Fatal(err)
		}
		copy(b.Append(len(frame)), frame)
		if peer.TxOne(0, b)&netdev.Success == 0 {
			t.Fatal("not sent")
		}
		if _, err := r.Turn(); err != nil {
			t.Fatal(err)
		}
		answer, _ := peer.RxOne(0)
		if answer == nil {
			return nil
		}
		defer answer.Free()
		return answer.AppendTo(nil)
	}
	got := ask(mac, echo, nil)
	want := append([]byte{2, 0, 0, 0, 0, 1}, mac[:]...)
	rest, _ := hex.DecodeString("0800" + "45000020123440004001a4a5c0000202c0000201" + "0000" + "3b31" + "00070001" + "61626364")
	if want = append(want, rest...); len(got) != 60 || !bytes.Equal(got[:len(want)], want) {
		t.Errorf("the answer is %x, want %x", got, want)
	}
	if got = ask(wire.Broadcast, arp, nil); got == nil || !bytes.Equal(got[22:28], mac[:]) {
		t.Errorf("who has it: %x", got)
	}
	for name, change := range map[string]func([]byte){
		"the reply": func(f []byte) { f[34], f[36] = 0, 0x3b }, "another address": func(f []byte) { f[33]++; f[25]-- },
		"a wrong checksum": func(f []byte) { f[37]++ }, "a wrong header": func(f []byte) { f[24]++ },
		"a fragment": func(f []byte) { f[20] = 0x20; f[24] += 0x20 }, "TCP": func(f []byte) { f[23] = 6; f[25] -= 5 },
		"a length too long": func(f []byte) { f[17] = 60; f[25] -= 28 },
		// This one the card itself leaves out.
		"another card": func(f []byte) { f[5]++ },
	} {
		if got := ask(mac, echo, change); got != nil {
			t.Errorf("%s was answered: %x", name, got)
		}
	}
	if r.Ignored != 7 || r.Drops != 0 {
		t.Errorf("%d ignored, %d dropped", r.Ignored, r.Drops)
	}
}
