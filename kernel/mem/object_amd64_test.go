package mem

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"yolk/arch"
	"yolk/arch/amd64/amd64test"
	"yolk/kernel/abi"
)

// A seen is what a program knows of a mapped page of a file.
type seen struct {
	file   *fileModel
	page   uint64
	shared bool
	fixed  bool // never to be written
	prot   Prot
	copied bool
	text   uint64 // of its own copy
}

// fileModel is a file as it should be: the first word of each page.
type fileModel struct {
	object Object
	size   uint64
	text   map[uint64]uint64
	base   []uint64        // of pages; those beyond are zero
	soiled map[uint64]bool // pages that mappings wrote to; nil when nobody wants to know
}

func (f *fileModel) pages() uint64 { return (f.size + PageSize - 1) / PageSize }

func (f *fileModel) read(page uint64) uint64 {
	if v, ok := f.text[page]; ok {
		return v
	}
	if page < uint64(len(f.base)) {
		return f.base[page]
	}
	return 0
}

// mapper is a program that maps files.
type mapper struct {
	*testing.T
	*rand.Rand
	program
	seen  map[uintptr]*seen
	files []*fileModel
	wrote uint64
}

func (p *mapper) page() uintptr { return 0x600000000 + uintptr(p.IntN(64))*PageSize }

// access reads or writes a mapped page, as a program does.
func (p *mapper) access(va uintptr, write bool) {
	s, code := p.seen[va], uint64(0)
	if write {
		code = arch.FaultWrite
	}
	tr, ok := p.tlb[va]
	for tries := 0; !ok || write && !tr.write; tries++ {
		if tr, ok = translate(p, va); ok && (!write || tr.write) {
			break
		}
		want := FaultServed
		switch {
		case s == nil || s.prot == ProtNone || write && s.prot&ProtWrite == 0:
			want = FaultBad
		case s.page >= s.file.pages():
			want = FaultBus
		}
		r := Fault(va, code)
		if r == FaultNoMem || r == FaultBus && m.lentOut == m.mostOut {
			return
		}
		if r == FaultShort {
			r = FaultServed
		}
		if r != want || tries > 1 {
			p.Fatalf("%#x, writing %v, of %+v: %v, want %v", va, write, s, r, want)
		}
		if want != FaultServed {
			return
		}
	}
	if s == nil {
		p.Fatalf("%#x is mapped", va)
	}
	p.tlb[va] = tr
	word := (*uint64)(unsafe.Pointer(Addr(tr.pa)))
	want := s.text
	if !s.copied {
		want = s.file.read(s.page)
	}
	if *word != want {
		p.Fatalf("page %d at %#x reads %d, want %d (%+v)", s.page, va, *word, want, s)
	}
	if !write {
		return
	}
	p.wrote++
	*word = p.wrote
	if s.shared {
		s.file.text[s.page] = p.wrote
		if s.file.soiled != nil {
			s.file.soiled[s.page] = true
		}
	} else {
		s.copied, s.text = true, p.wrote
	}
}

// own reads or writes a page of a file as its owner does.
func (p *mapper) own(f *fileModel, page uint64, write bool) {
	if page >= f.pages() {
		return
	}
	if write && f.object.Fill(page, 1) != 1 {
		return
	}
	f.object.visit(page, page+1, 0, func(e *uint64) {
		word := (*uint64)(unsafe.Pointer(Addr(*e &^ dirty)))
		if *word != f.read(page) {
			p.Fatalf("page %d has %d, want %d", page, *word, f.read(page))
		}
		if write {
			p.wrote++
			*word, f.text[page] = p.wrote, p.wrote
		}
	})
}

func (p *mapper) resize(f *fileModel, size uint64) {
	if !f.object.Resize(size) {
		return
	}
	f.size = size
	for page := range f.text {
		if page >= f.pages() {
			delete(f.text, page)
			delete(f.soiled, page)
		}
	}
	f.base = f.base[:min(uint64(len(f.base)), f.pages())]
	for _, s := range p.seen {
		if s.file == f && s.page >= f.pages() {
			s.copied = false
		}
	}
}

// change does one of the things that change mappings or files.
func (p *mapper) change() {
	f, va, n := p.files[p.IntN(len(p.files))], p.page(), uint64(1+p.IntN(9))
	page, prot := uint64(p.IntN(20)), Prot(p.IntN(4))
	whole := true
	for i := range uintptr(n) {
		whole = whole && p.seen[va+i*PageSize] != nil
	}
	each := func(do func(va uintptr, s *seen)) {
		for i := range uintptr(n) {
			do(va+i*PageSize, p.seen[va+i*PageSize])
		}
	}
	switch op := p.IntN(10); op {
	case 0, 1:
		k := Kind(p.IntN(4))
		if k&ReadOnly != 0 {
			prot &^= ProtWrite
		}
		if _, ok := MapObject(uint64(va), n*PageSize, f.object, page, k, prot, true); !ok {
			break
		}
		each(func(va uintptr, _ *seen) {
			p.seen[va] = &seen{file: f, page: page, shared: k&Shared != 0, fixed: k&ReadOnly != 0, prot: prot}
			page++
		})
	case 2:
		if Unmap(uint64(va), n*PageSize) {
			each(func(va uintptr, _ *seen) { delete(p.seen, va) })
		}
	case 3:
		denied := false
		each(func(_ uintptr, s *seen) { denied = denied || s != nil && s.fixed && prot&ProtWrite != 0 })
		switch r := Protect(uint64(va), n*PageSize, prot); {
		case r == Done && (!whole || denied), r == Denied && !denied:
			p.Fatalf("protection %d of %d pages at %#x: %v", prot, n, va, r)
		case r == Done:
			each(func(_ uintptr, s *seen) { s.prot = prot })
		}
	case 4:
		Discard(uint64(va), n*PageSize)
		each(func(_ uintptr, s *seen) {
			if s != nil {
				s.copied = false
			}
		})
	case 5:
		p.resize(f, p.Uint64N(20*PageSize))
	case 6:
		f.object.Drop(page, n)
		for i := range n {
			delete(f.text, page+i)
			delete(f.soiled, page+i)
		}
	case 7:
		p.own(f, page, p.IntN(2) == 0)
	case 8:
		p.move(va, n, n+p.Uint64N(3))
	case 9:
		p.clean(f, page, n)
	}
	p.obey("change")
}

// clean asks which pages were written to.
func (p *mapper) clean(f *fileModel, page, n uint64) {
	first, count, shown := f.object.Clean(page, n, 3)
	var want []uint64
	for at := page; at < page+n && len(want) < 3; at++ {
		if f.soiled[at] {
			want = append(want, at)
			delete(f.soiled, at)
		} else if len(want) > 0 {
			break
		}
	}
	if int(count) != len(want) || count > 0 && first != want[0] {
		p.Fatalf("pages %d to %d: %d from %d on were written to, want %d", page, page+n, count, first, want)
	}
	mapped := false
	for _, s := range p.seen {
		mapped = mapped || s.file == f
	}
	if shown != mapped {
		p.Fatalf("shown %v, want %v", shown, mapped)
	}
}

// move has a mapping be longer.
func (p *mapper) move(va uintptr, n, size uint64) {
	place := uint64(0)
	if p.IntN(3) == 0 {
		place = 0x680000000000 + p.Uint64N(64)*PageSize
	}
	to, r := Move(uint64(va), n*PageSize, size*PageSize, true, place)
	if r != Done {
		return
	}
	if place != 0 && to != place {
		p.Fatalf("moved to %#x, not %#x", to, place)
	}
	last := *p.seen[va+uintptr(n-1)*PageSize]
	moved := map[uintptr]*seen{}
	for i := range uintptr(size) {
		if s := p.seen[va+i*PageSize]; uint64(i) < n {
			moved[uintptr(to)+i*PageSize] = s
			delete(p.seen, va+i*PageSize)
			continue
		}
		more := last
		more.page, more.copied = last.page+uint64(i)-n+1, false
		moved[uintptr(to)+i*PageSize] = &more
	}
	for va, s := range moved {
		p.seen[va] = s
	}
}

// TestObjects: mappings of a file, its owner and each other agree on what is in it, what
// is private stays so, nothing is seen beyond its end, and in the end all is given back.
func TestObjects(t *testing.T) {
	for seed := range uint64(16) {
		boot(t, []int{400, 60}[seed%2])
		ObjectFrames([]uint64{1000, 30}[seed%3/2])
		p := &mapper{T: t, Rand: rand.New(rand.NewPCG(seed, 3)), seen: map[uintptr]*seen{}}
		p.program = program{T: t, tlb: map[uintptr]translation{}}
		free := Stats().Free
		base := make([]uint64, 5*PageSize/8)
		for i := range 5 {
			base[i*PageSize/8] = uint64(i) + 1e6
		}
		for i := range 3 {
			f := &fileModel{text: map[uint64]uint64{}}
			if i == 0 {
				f.object = NewObject(uint64(uintptr(unsafe.Pointer(&base[0]))), 5*PageSize)
				f.base = []uint64{1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 4}
			} else {
				f.object = NewObject(0, 0)
			}
			if i > 0 {
				f.object.Track()
				f.soiled = map[uint64]bool{}
			}
			p.files = append(p.files, f)
			p.resize(f, 6*PageSize)
		}
		for range 600 {
			p.change()
			for range 6 {
				p.access(p.page(), p.IntN(2) == 0)
				p.obey("access")
			}
		}
		p.end(free)
	}
}

// end frees files that are still mapped, and then what maps them.
func (p *mapper) end(free uint64) {
	for _, f := range p.files {
		f.object.Free()
	}
	for range 300 {
		p.access(p.page(), false)
	}
	p.obey("reading")
	for va := range p.seen {
		if !Unmap(uint64(va), PageSize) {
			return // no memory to divide its region
		}
	}
	table := uint64(PageSize) << m.regionOrder
	if left := Stats().Free; left != free-table || m.lentOut != 0 || m.orphans != 0 || tables(m.root, topBit) != 1 {
		p.Errorf("%d bytes are free of %d, the regions' table has %d; %d frames of objects, orphans %#x", left, free, table, m.lentOut, m.orphans)
	}
}

// TestLargeObject: pages far apart, which tables above tables lead to.
func TestLargeObject(t *testing.T) {
	boot(t, 64)
	ObjectFrames(100)
	free := Stats().Free
	o := NewObject(0, 0)
	far := []uint64{0, 511, 512, 1 << 18, 1<<51 - 1}
	for i, page := range far {
		if !o.Resize((page+1)*PageSize) || o.Fill(page, 9) != 1 || *o.word(abi.ObjectFrames) != uint64(i)+1 {
			t.Fatalf("page %d: %d frames", page, *o.word(abi.ObjectFrames))
		}
	}
	if *o.word(abi.ObjectHeight) != 5 || o.has(1) || !o.has(512) || o.has(1<<52) {
		t.Errorf("height %d", *o.word(abi.ObjectHeight))
	}
	va, ok := MapObject(0, 2*PageSize, o, 1<<51-1, Shared, ProtRead, false)
	if r := Fault(uintptr(va), 0); !ok || r != FaultServed || RegionEnd(va) != va+PageSize || RegionEnd(va+PageSize) != 0 {
		t.Errorf("the last page: %v, accessible up to %#x", r, RegionEnd(va)-va)
	}
	o.Resize(513*PageSize - 1)
	if *o.word(abi.ObjectFrames) != 3 || Fault(uintptr(va), 0) != FaultBus || Populated(va) {
		t.Error("a page that is cut off")
	}
	o.Free()
	Unmap(va, 2*PageSize)
	if left := Stats().Free; left != free-PageSize<<m.regionOrder {
		t.Errorf("%d bytes are free of %d", left, free)
	}
	amd64test.Take()
}

// TestRemove: what a shared mapping takes out of its file.
func TestRemove(t *testing.T) {
	boot(t, 64)
	ObjectFrames(100)
	o := NewObject(0, 0)
	o.Resize(4 * PageSize)
	o.Fill(0, 4)
	va, _ := MapObject(0, 4*PageSize, o, 0, Shared, ProtRead|ProtWrite, false)
	private, _ := MapObject(0, 4*PageSize, o, 0, 0, ProtRead|ProtWrite, false)
	anonymous, _ := Map(0, PageSize, ProtRead|ProtWrite, false)
	for _, c := range []struct {
		va, n uint64
		want  bool
	}{{va + PageSize, 2 * PageSize, true}, {va + 1, PageSize, false}, {va, 5 * PageSize, false}, {private, PageSize, false}, {anonymous, PageSize, false}, {1 << 40, PageSize, false}} {
		if got := Remove(c.va, c.n); got != c.want {
			t.Errorf("%d bytes at %#x: %v", c.n, c.va, got)
		}
	}
	if !o.has(0) || o.has(1) || o.has(2) || !o.has(3) {
		t.Error("not the pages that were named")
	}
	if !Mapped(va+3*PageSize, PageSize) || Mapped(1<<40, PageSize) || !Covered(va, 4*PageSize) || Covered(va, 1<<40) {
		t.Error("what is mapped")
	}
}
