package bpf

import (
	"encoding/binary"
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// kernels runs programs in Linux: a pair of Unix sockets, of which one has the filter.
type kernels struct{ fds [2]int }

func linux(t testing.TB) *kernels {
	t.Helper()
	k := new(kernels)
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	k.fds = fds
	t.Cleanup(func() { syscall.Close(fds[0]); syscall.Close(fds[1]) })
	return k
}

// attach reports whether Linux takes a program.
func (k *kernels) attach(p []Instruction) bool {
	prog := struct {
		n  uint16
		at *Instruction
	}{uint16(len(p)), unsafe.SliceData(p)}
	_, _, e := syscall.Syscall6(syscall.SYS_SETSOCKOPT, uintptr(k.fds[1]), syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER, uintptr(unsafe.Pointer(&prog)), unsafe.Sizeof(prog), 0)
	return e == 0
}

// run returns how many bytes of a packet arrive.
func (k *kernels) run(t testing.TB, packet []byte) int {
	t.Helper()
	if _, err := syscall.Write(k.fds[0], packet); err != nil {
		t.Fatal(err)
	}
	n, err := syscall.Read(k.fds[1], make([]byte, len(packet)+1))
	if err != nil {
		return 0
	}
	return n
}

// same compares what becomes of a program and a packet with Linux, and reports whether the
// program is one.
func (k *kernels) same(t testing.TB, p []Instruction, packet []byte) bool {
	t.Helper()
	program, err := Check(p)
	if ok := k.attach(p); ok != (err == nil) {
		t.Fatalf("Linux takes it: %v, we: %v\n%v", ok, err, p)
	}
	if err != nil {
		return false
	}
	want := k.run(t, packet)
	if got := min(int(program.Run(&Packet{Data: packet})), len(packet)); got != want {
		t.Fatalf("%d bytes, Linux gives %d\n%v\n%x", got, want, program, packet)
	}
	return true
}

// codes are all that there are, and some that are not.
var codes = func() (all []uint16) {
	for class := range uint16(8) {
		for rest := uint16(0); rest < 0x100; rest += 8 {
			if in := (Instruction{Code: class | rest, K: 1}); in.valid() {
				all = append(all, in.Code, in.Code)
			} else if rest%0x50 == 0 {
				all = append(all, in.Code)
			}
		}
	}
	return append(all, 0x100|ld|abs)
}()

// random makes a program of n instructions that is often valid and often says what it has.
func random(r *rand.Rand, n int) []Instruction {
	p := make([]Instruction, n)
	for i := range p {
		in := Instruction{Code: codes[r.IntN(len(codes))], K: uint32(r.IntN(20))}
		switch in.Code & classMask {
		case jmp:
			in.JT, in.JF, in.K = uint8(r.IntN(3)), uint8(r.IntN(3)), uint32(r.IntN(3))
		case st, stx:
			in.K %= 4
		case ld, ldx:
			if in.Code&modeMask == mem {
				in.K %= 4
			}
		}
		p[i] = in
	}
	for i := range min(4, n-1) {
		if r.IntN(2) == 0 {
			p[i] = Instruction{Code: st, K: uint32(i)} // that loads from memory are valid
		}
	}
	p[n-1] = Instruction{Code: ret | retA}
	return p
}

// TestLikeLinux: random programs are refused, and packets cut, as by Linux.
func TestLikeLinux(t *testing.T) {
	k, r, valid := linux(t), rand.New(rand.NewPCG(1, 2)), 0
	packet := make([]byte, 40)
	for range 20000 {
		for i := range packet {
			packet[i] = byte(r.IntN(24)) // so that indirect loads stay in the packet now and then
		}
		if k.same(t, random(r, 1+r.IntN(10)), packet[:1+r.IntN(len(packet)-1)]) {
			valid++
		}
	}
	if valid < 1000 {
		t.Errorf("only %d of the programs were valid", valid)
	}
}

// TestEdges: what Check has to find, each as Linux.
func TestEdges(t *testing.T) {
	k := linux(t)
	done := Instruction{Code: ret | retK, K: 1 << 20}
	packet := []byte("0123456789abcdef")
	for _, p := range [][]Instruction{
		{done},
		{{Code: ld}},
		{{Code: jmp | always, K: 0}, done},
		{{Code: jmp | always, K: 1}, done},
		{{Code: jmp | always, K: ^uint32(0)}, done},
		{{Code: jmp | eq, JT: 0, JF: 1}, done},
		{{Code: jmp | always | operandX}, done},
		{{Code: alu | div}, done},
		{{Code: alu | div | operandX}, done},
		{{Code: alu | lsh, K: 31}, done},
		{{Code: alu | lsh, K: 32}, done},
		{{Code: ld | mem}, done},
		{{Code: st, K: 15}, {Code: ld | mem, K: 15}, done},
		{{Code: st, K: 16}, done},
		{{Code: jmp | eq, JT: 1}, {Code: st, K: 3}, {Code: ld | mem, K: 3}, done},
		{{Code: jmp | eq, JT: 1}, {Code: ret | retK}, {Code: st, K: 3}, {Code: ld | mem, K: 3}, done},
		{{Code: ld | abs | octet, K: 15}, {Code: ret | retA}},
		{{Code: ld | abs | half, K: 15}, {Code: ret | retA}},
		{{Code: ld | abs | word, K: 1 << 31}, done},
		{{Code: ld | ind | word, K: ^uint32(0)}, done},
		{{Code: ldx | imm, K: 4}, {Code: ld | ind | octet, K: ^uint32(3)}, {Code: ret | retA}},
		{{Code: ld | abs, K: extensions + adXorX}, {Code: ret | retA}},
		{{Code: ldx | imm, K: 5}, {Code: ld | imm, K: 6}, {Code: ld | abs, K: extensions + adXorX}, {Code: ret | retA}},
		{{Code: ld | abs, K: extensions + 1}, done},
		{{Code: ld | abs, K: extensions + 64}, done},
		{{Code: ld | abs, K: extensions + adVLANThere}, {Code: ret | retA}},
		{{Code: ldx | msh | octet, K: 3}, {Code: misc | txa}, {Code: ret | retA}},
		{{Code: ldx | msh | octet, K: 16}, done},
		{{Code: ld | length}, {Code: ret | retA}},
	} {
		k.same(t, p, packet)
	}
	long := make([]Instruction, MaxLen+1)
	for i := range long {
		long[i] = done
	}
	for _, p := range [][]Instruction{nil, long[:MaxLen], long} {
		if _, err := Check(p); (err == nil) != (len(p) == MaxLen) {
			t.Errorf("%d instructions: %v", len(p), err)
		}
	}
}

// TestBeside: what is known beside the packet.
func TestBeside(t *testing.T) {
	frame := []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\x00datagram")
	packet := &Packet{Data: frame[16:], Net: frame[14:], Link: frame, Protocol: 0x800, Type: 4, Interface: 3, Hardware: 1, Random: func() uint32 { return 77 }}
	for off, want := range map[uint32]uint32{extensions + adProtocol: 0x800, extensions + adType: 4, extensions + adInterface: 3, extensions + adHardware: 1,
		extensions + adRandom: 77, extensions + adMark: 0, network: 0x45, link + 12: 8, 0: 'd', network + 10: 0, link + 24: 0} {
		p, err := Check([]Instruction{{Code: ld | abs | octet, K: off}, {Code: ret | retA}})
		if off == extensions+adProtocol && err == nil {
			p[0].Code = ld | abs
		}
		if got := p.Run(packet); err != nil || got != want {
			t.Errorf("at %#x: %d, %v, want %d", off, got, err, want)
		}
	}
	for _, off := range []uint32{12, 16, 52} {
		if _, err := Check([]Instruction{{Code: ld | abs, K: extensions + off}, {Code: ret | retA}}); err == nil {
			t.Errorf("extension %d", off)
		}
	}
}

// FuzzProgram: no program and packet lead astray, and Linux says the same.
func FuzzProgram(f *testing.F) {
	f.Add([]byte{6, 0, 0, 0, 0, 0, 4, 0}, []byte("packet"))
	f.Fuzz(func(t *testing.T, raw, packet []byte) {
		var p []Instruction
		for ; len(raw) >= 8; raw = raw[8:] {
			p = append(p, Instruction{binary.LittleEndian.Uint16(raw), raw[2], raw[3], binary.LittleEndian.Uint32(raw[4:])})
		}
		program, err := Check(p)
		for i := range p { // what is not to be compared: extensions, and other headers
			in := p[i]
			if in.Code&classMask == ld && (in.Code&modeMask == abs || in.Code&modeMask == ind) && int32(in.K) < 0 {
				return
			}
		}
		if len(p) == 0 || len(packet) == 0 || len(packet) > 1000 {
			return
		}
		k := linux(t)
		if ok := k.attach(p); ok != (err == nil) {
			t.Fatalf("Linux takes it: %v, we: %v\n%v", ok, err, p)
		}
		if err == nil {
			program.Run(&Packet{Data: packet, Net: packet, Link: packet})
		}
	})
}
