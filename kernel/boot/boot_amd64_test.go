package boot

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"yolk/arch/amd64"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/bootinfo"
	"yolk/kernel/kerneltest"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
	"yolk/kernel/sched"
	"yolk/kernel/shutdown"
	"yolk/kernel/syscalls"
)

// bytesOf is how structures lie in memory.
func bytesOf(v ...any) []byte {
	var b bytes.Buffer
	for _, v := range v {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// enter is a machine that has booted as far as to its first thread, but has not read
// its command line.
func enter(t testing.TB) *sched.Thread {
	t.Helper()
	thread := kerneltest.Enter(t)
	tokenLen, machine.Loaded = 0, machine.Loader{}
	return thread
}

// TestStartInfo: what a PVH loader says, or that it says nothing of use.
func TestStartInfo(t *testing.T) {
	enter(t)
	type entry struct {
		Addr, Size uint64
		Kind, _    uint32
	}
	ranges := []entry{{0, 0x9f000, 1, 0}, {0xf0000, 0x10000, 2, 0}, {0x100000, 63 << 20, 1, 0}, {0x5000, 100, 1, 0}, {1 << 32, 1 << 30, 1, 0}}
	memmap := kerneltest.Place(t, bytesOf(ranges))
	many := kerneltest.Place(t, bytesOf(slices.Repeat([]entry{{0x100000, 4096, 1, 0}}, 40)))
	for _, c := range []struct {
		name           string
		magic, version uint32
		memmap         uint64
		n              uint32
		want           int
	}{
		{"a map", startMagic, 1, memmap, 5, 3},
		{"more than there is room for", startMagic, 1, many, 40, 16},
		{"no RAM", startMagic, 1, memmap + 24, 1, 0},
		{"another protocol", 0x2badb002, 1, memmap, 5, 0},
		{"an old version", startMagic, 0, memmap, 5, 0},
		{"no map", startMagic, 1, 0, 5, 0},
	} {
		l := &machine.Loaded
		l.N = 0
		pa := kerneltest.Place(t, bytesOf([]uint32{c.magic, c.version, 0, 0}, []uint64{0, 0x111, 0x222, c.memmap}, []uint32{c.n, 0}))
		if why := ReadStartInfo(uintptr(pa)); (why == "") != (c.want > 0) || l.N != c.want {
			t.Errorf("%s: %q, %d ranges", c.name, why, l.N)
		}
		if c.want > 0 && (l.CommandLine != 0x111 || l.Firmware != 0x222) {
			t.Errorf("%s: command line %#x, root pointer %#x", c.name, l.CommandLine, l.Firmware)
		}
		if c.want == 3 && (l.Total() != 0x9f000+63<<20+1<<30 || l.Holding(0x100000, 0x400000) != 1 || l.Holding(0x100000, 64<<20) != -1) {
			t.Errorf("%s: %d bytes, the image in %d", c.name, l.Total(), l.Holding(0x100000, 0x400000))
		}
	}
}

// TestImage: the program headers in the image say what is where; the rest of a segment
// is zero, in its last page as in those that come on demand.
func TestImage(t *testing.T) {
	enter(t)
	amd64test.Map(t, imageBase, mem.PageSize)
	at := kerneltest.Place(t, bytes.Repeat([]byte{0xaa}, 8*mem.PageSize))
	header := func(i int, kind, flags uint32, vaddr, filesz, memsz uint64) {
		*(*elfSegment)(unsafe.Pointer(uintptr(imageBase + elfHeaderSize + i*56))) =
			elfSegment{kind: kind, flags: flags, vaddr: vaddr, filesz: filesz, memsz: memsz}
	}
	header(0, 6, 0, 0, 0, 0) // PT_PHDR
	header(1, elfLoad, 4|elfExec, at, mem.PageSize, mem.PageSize)
	header(2, elfLoad, 4|elfWrite, at+2*mem.PageSize, 100, 3*mem.PageSize)
	header(3, elfLoad, 4, at+6*mem.PageSize, 100, 100)
	var segs [4]segment
	n := segments(&segs)
	want := []segment{
		{at, at + mem.PageSize, at + mem.PageSize, mem.ProtRead | mem.ProtExec},
		{at + 2*mem.PageSize, at + 2*mem.PageSize + 100, at + 5*mem.PageSize, mem.ProtRead | mem.ProtWrite},
		{at + 6*mem.PageSize, at + 6*mem.PageSize + 100, at + 6*mem.PageSize + 100, mem.ProtRead},
	}
	if !slices.Equal(segs[:n], want) {
		t.Fatalf("%+v, want %+v", segs[:n], want)
	}
	old := imageInfo
	defer func() { imageInfo = old }()
	if imageInfo.archive, imageInfo.archiveLen = 0, 0; imageEnd(segs[:n]) != at+6*mem.PageSize+100 {
		t.Errorf("the image ends at %#x", imageEnd(segs[:n]))
	}
	if addr, n := archive(); addr != 0 || n != 0 {
		t.Errorf("%d bytes of archive", n)
	}
	if imageInfo.archive, imageInfo.archiveLen = at+7*mem.PageSize, 50; imageEnd(segs[:n]) != at+7*mem.PageSize+50 {
		t.Errorf("with an archive the image ends at %#x", imageEnd(segs[:n]))
	}
	if addr, n := archive(); addr != mem.Addr(at+7*mem.PageSize) || n != 50 {
		t.Errorf("%d bytes of archive at %#x", n, addr)
	}
	imageInfo.lineLen = 20
	if end := imageEnd(segs[:n]); end != at+7*mem.PageSize+70 {
		t.Errorf("with a command line the image ends at %#x", end)
	}
	empty := kerneltest.Place(t, []byte{0})
	for theirs, want := range map[uint64]uint64{0: at + 7*mem.PageSize + 50, empty: at + 7*mem.PageSize + 50, at: at} {
		l := machine.Loader{CommandLine: theirs}
		if ownLine(&l); l.CommandLine != want {
			t.Errorf("the loader's command line %#x becomes %#x", theirs, l.CommandLine)
		}
	}
	if !mapImage(segs[:n]) {
		t.Fatal("no memory")
	}
	last := mem.Bytes(mem.Addr(at+2*mem.PageSize), mem.PageSize)
	for i, b := range last {
		if want := map[bool]byte{true: 0xaa, false: 0}[i < 100]; b != want {
			t.Fatalf("byte %d of the last page in the file is %#x", i, b)
		}
	}
	for page, populated := range map[uint64]bool{0: true, 2: true, 3: false, 6: true} {
		if va := at + page*mem.PageSize; mem.Populated(va) != populated {
			t.Errorf("page %d populated: %v", page, !populated)
		}
	}
	if end := mem.RegionEnd(at + 3*mem.PageSize); end != at+5*mem.PageSize {
		t.Errorf("BSS ends at %#x", end)
	}
}

// cString is the string at an address of the program's.
func cString(at uint64) string {
	b := mem.Bytes(uintptr(at), 4096)
	return string(b[:bytes.IndexByte(b, 0)])
}

// started starts the program, and returns what is on its stack: arguments, environment,
// and the auxiliary vector.
func started(t *testing.T) (argv, env []string, aux map[uint64]uint64) {
	t.Helper()
	const stack = 0x700000000000 // where the first mapping without a hint goes
	amd64test.Map(t, stack, stackSize)
	if !startProgram() {
		t.Fatal("no program")
	}
	th := sched.Current()
	if th.PC != uint64(amd64.GoEntry()) || th.SP < stack || th.SP >= stack+stackSize || th.SP%16 != 0 || th.Flags&amd64.FlagIF == 0 {
		t.Fatalf("it starts with %+v", th.Frame)
	}
	defer mem.Unmap(stack, stackSize)
	words := unsafe.Slice((*uint64)(unsafe.Pointer(uintptr(th.SP))), 600)
	argc := words[0]
	for _, p := range words[1 : 1+argc] {
		argv = append(argv, cString(p))
	}
	if words[1+argc] != 0 {
		t.Error("no end of arguments")
	}
	words = words[2+argc:]
	for ; words[0] != 0; words = words[1:] {
		env = append(env, cString(words[0]))
	}
	aux = map[uint64]uint64{}
	for words = words[1:]; words[0] != 0; words = words[2:] {
		aux[words[0]] = words[1]
	}
	return argv, env, aux
}

// TestStartProgram: the Go runtime finds its arguments and environment as on Linux.
func TestStartProgram(t *testing.T) {
	enter(t)
	read(t, `argv0=prog env=A=1 "env=B=two words" x -- -flag "an argument" env=C=3`)
	argv, env, aux := started(t)
	if !slices.Equal(argv, []string{"prog", "-flag", "an argument", "env=C=3"}) {
		t.Errorf("arguments %q", argv)
	}
	rest := []string{"HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/tmp"}
	last := len(env) - 1
	if !slices.Equal(env[:last], append([]string{"A=1", "B=two words"}, rest...)) || !strings.HasPrefix(env[last], "GOMEMLIMIT=") {
		t.Errorf("environment %q", env)
	}
	if aux[auxPageSz] != mem.PageSize {
		t.Errorf("auxiliary vector %v", aux)
	}
	enter(t)
	syscalls.Random.AssumeSeeded()
	read(t, `env=GOMEMLIMIT=5 --`)
	argv, env, aux = started(t)
	if len(argv) != 1 || argv[0] != "/yolk" || !slices.Equal(env, append([]string{"GOMEMLIMIT=5"}, rest...)) {
		t.Errorf("%q %q", argv, env)
	}
	if p := aux[auxRandom]; p == 0 || *(*[2]uint64)(unsafe.Pointer(uintptr(p))) == [2]uint64{} {
		t.Error("no random bytes")
	}
	for v, want := range map[uint64]string{0: "0", 9: "9", 10: "10", 1<<64 - 1: "18446744073709551615"} {
		b := make([]byte, 20)
		if n := putDecimal(b, v); string(b[:n]) != want {
			t.Errorf("%d is %s", v, b[:n])
		}
	}
}

// TestLaunch is the boot sequence's last part.
func TestLaunch(t *testing.T) {
	enter(t)
	const stack = 0x700000000000
	amd64test.Map(t, stack, stackSize)
	defer mem.Unmap(stack, stackSize)
	l := machine.Loader{CommandLine: kerneltest.Place(t, []byte("log=info cwd=/srv entropy=insecure\x00")), N: 1}
	l.RAM[0].Size = 64 << 20
	copyCommandLine(&l)
	launch(&l)
	if said := kerneltest.Serial(amd64test.Take(amd64test.Out)); !strings.Contains(said, "yolk: 64 MiB RAM, kernel ready after ") {
		t.Errorf("%q", said)
	}
	if string(mem.Bytes(bootinfo.Folder.Addr, uint64(bootinfo.Folder.Length))) != "/srv" || bootinfo.FileLimit <= 0 {
		t.Errorf("%+v, files up to %d", bootinfo.Folder, bootinfo.FileLimit)
	}
	if sched.AlarmDue() {
		t.Error("it attends before anything else")
	}
}

// TestTooSmall says what the machine has.
func TestTooSmall(t *testing.T) {
	enter(t)
	l := machine.Loader{N: 1}
	l.RAM[0].Size = 3 << 20
	if said := kerneltest.Ends(t, shutdown.StatusNoMemory, func() { tooSmall(&l) }); !strings.Contains(said, "yolk: too little memory: 3072 KiB of RAM") {
		t.Errorf("%q", said)
	}
	if said := kerneltest.Ends(t, shutdown.StatusNoMemory, func() { initMemory(&l, []segment{{fileEnd: 8 << 20}}) }); !strings.Contains(said, "the image ends at 8192 KiB, RAM at 3072 KiB") {
		t.Errorf("%q", said)
	}
}

// TestInitStacks: each stack of a processor is another.
func TestInitStacks(t *testing.T) {
	enter(t)
	c := new(amd64.CPU)
	if !initStacks(c) || c.StackTop == 0 || c.Nested == 0 {
		t.Fatalf("%+v", c)
	}
	if !mem.IsGuard(c.StackTop-4*mem.PageSize-1) || mem.IsGuard(c.Nested) {
		t.Error("no guard page")
	}
}

// TestProcessors: from the machine where that suffices, or from ACPI's tables.
func TestProcessors(t *testing.T) {
	for _, c := range []struct {
		name  string
		says  int    // the machine, without tables; 0: nothing
		acpi  []byte // entries of the MADT; nil: no tables
		want  []uint32
		warns string
	}{
		{"nobody says", 0, nil, []uint32{0}, ""},
		{"the machine says one", 1, []byte{0, 8, 0, 5, 1, 0, 0, 0}, []uint32{0}, ""},
		{"the machine says three", 3, nil, []uint32{0, 1, 2}, ""},
		{"the machine says more than there is room for", 200, nil, nil, ""},
		{"tables", 0, []byte{0, 8, 0, 4, 1, 0, 0, 0, 0, 8, 1, 9, 1, 0, 0, 0}, []uint32{4, 9}, ""},
		{"one out of reach", 0, []byte{0, 8, 0, 4, 1, 0, 0, 0, 9, 16, 0, 0, 0x2c, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, []uint32{4}, ""},
		{"tables that are broken", 0, []byte{0, 3, 0}, []uint32{0}, "only one processor is used: "},
	} {
		enter(t)
		apicIDs = [len(apicIDs)]uint32{}
		machine.This.CPUs = func() (int, bool) { return c.says, c.says > 0 }
		var l machine.Loader
		if c.acpi != nil {
			firmware(t, table("APIC", append(make([]byte, 8), c.acpi...)))
			l.Firmware = machine.Loaded.Firmware
		}
		n := processors(&l)
		if c.want != nil && !slices.Equal(apicIDs[:n], c.want) || c.want == nil && n != len(apicIDs) {
			t.Errorf("%s: %d", c.name, apicIDs[:n])
		}
		if said := kerneltest.Serial(amd64test.Take(amd64test.Out)); !strings.Contains(said, c.warns) || c.warns == "" && said != "" {
			t.Errorf("%s: %q", c.name, said)
		}
	}
}

// table is one of ACPI's, with its checksum.
func table(signature string, body []byte) []byte {
	b := append([]byte(signature), bytesOf(uint32(36+len(body)))...)
	b = append(append(b, make([]byte, 28)...), body...)
	b[9] = -sum(b)
	return b
}

func sum(b []byte) (s byte) {
	for _, v := range b {
		s += v
	}
	return s
}

// firmware gives the machine tables.
func firmware(t testing.TB, tables ...[]byte) {
	t.Helper()
	var list []byte
	room := func(b []byte) uint64 {
		pa := kerneltest.Place(t, b)
		machine.Loaded.RAM[machine.Loaded.N] = machine.Range{Addr: pa, Size: uint64(len(b))}
		machine.Loaded.N++
		return pa
	}
	for _, b := range tables {
		list = append(list, bytesOf(room(b))...)
	}
	root := append([]byte("RSD PTR \x00YOLK  \x02"), bytesOf(uint32(0), uint32(36), room(table("XSDT", list)), uint32(0))...)
	root[8] = -sum(root[:20])
	root[32] = -sum(root)
	machine.Loaded.Firmware = room(root)
}

// TestPhysical: tables are looked for where there is memory, and nowhere else.
func TestPhysical(t *testing.T) {
	enter(t)
	const block = 2 << 20
	pa := amd64test.RAM(t, 2*block)
	start := (pa + block - 1) &^ (block - 1)
	machine.Loaded.RAM[0], machine.Loaded.N = machine.Range{Addr: start + 4096, Size: 4096}, 1
	for _, c := range []struct {
		at   uint64
		n    int
		want bool
	}{{start, 100, true}, {start + block - 100, 100, true}, {start + block - 100, 101, false}, {start - 1, 1, false}, {start + block, 1, false}, {0, 1, false}, {^uint64(0), 1, false}} {
		if b, ok := physical(c.at, c.n); ok != c.want || ok && len(b) != c.n {
			t.Errorf("%d bytes at +%#x: %v", c.n, c.at-start, ok)
		}
	}
}
