package efi

import "unsafe"

// firmware is what an application is given, and memory for its map of memory.
type firmware struct {
	handle  uintptr
	system  *systemTable
	scratch uintptr
}

// image is the application.
type image struct {
	base  uintptr // where it was loaded, the PE file's header before it
	size  uint64
	home  uint64  // where it belongs, a physical address on x86-64
	enter uintptr // where other loaders enter it, as an offset
}

// end is the first address after it at home.
func (m *image) end() uint64 { return m.home + m.size }

// start is called by entry, and does not return.
func start(handle uintptr, system *systemTable) {
	f := firmware{handle: handle, system: system}
	f.fail(f.run())
}

// run starts the image, or returns why it cannot be.
func (f *firmware) run() (why string) {
	m, ok := f.loaded()
	if !ok {
		return "the firmware does not say where it has loaded the image"
	}
	if f.scratch, ok = f.allocate(anyPages, mapPages, 0); !ok {
		return "no memory for the map of memory"
	}
	var free ram
	all := f.memory()
	free.take(&all, &m)
	if !m.place(&free) {
		return "the firmware keeps memory for itself where the image belongs"
	}
	if !f.stage(&m) {
		return "too little memory to move the image"
	}
	rest, why := f.prepare(&m)
	if why != "" {
		return why
	}
	// A map that is older than the last allocation has no valid key, and when a first
	// attempt failed some services may have ended already (7.4.6).
	for range 4 {
		if all = f.memory(); call(f.system.boot.exitBootServices, f.handle, all.key, 0, 0, 0) == 0 {
			free.take(&all, &m)
			rest.leave(&m, &free)
		}
	}
	return "the firmware does not end its services"
}

// loaded finds the image: the page of its header, and what belongs to home.
func (f *firmware) loaded() (m image, ok bool) {
	id := guid{loadedImageLow, loadedImageHigh}
	var at uintptr
	if call(f.system.boot.handleProtocol, f.handle, uintptr(unsafe.Pointer(&id)), uintptr(unsafe.Pointer(&at)), 0, 0) != 0 {
		return m, false
	}
	l := (*loadedImage)(unsafe.Pointer(at))
	linked, entry, enter := addresses()
	m.base, m.size = l.base+pageSize, l.size-pageSize
	m.home, m.enter = uint64(linked-(entry-m.base)), enter-m.base
	return m, true
}

// How pages are allocated (7.2.1).
const (
	anyPages  = 0
	atAddress = 2
)

// mapPages hold the map of memory, of which each entry has some 48 bytes.
const mapPages = 8

func (f *firmware) allocate(how uintptr, pages, address uint64) (at uintptr, ok bool) {
	status := call(f.system.boot.allocatePages, how, loaderCode, uintptr(pages), uintptr(unsafe.Pointer(&address)), 0)
	return uintptr(address), status == 0
}

// reserve takes size bytes from the highest free memory between low and high. Firmware
// itself, asked for memory below an address, has another view of which comes first.
func (f *firmware) reserve(size, low, high uint64) (at uintptr, ok bool) {
	size = (size + pageSize - 1) &^ (pageSize - 1)
	best := uint64(0)
	all := f.memory()
	for d := all.next(); d != nil; d = all.next() {
		from, to := max(d.start, low), min(d.end(), high&^(pageSize-1))
		if d.kind == conventional && from < to && to-from >= size {
			best = max(best, to)
		}
	}
	if best == 0 {
		return 0, false
	}
	return f.allocate(atAddress, size/pageSize, best-size)
}

// memory reads the map of memory into the scratch pages. It is empty after an error.
func (f *firmware) memory() (m memoryMap) {
	var version uint32
	size := uintptr(mapPages * pageSize)
	status := call(f.system.boot.getMemoryMap, uintptr(unsafe.Pointer(&size)), f.scratch, uintptr(unsafe.Pointer(&m.key)),
		uintptr(unsafe.Pointer(&m.each)), uintptr(unsafe.Pointer(&version)))
	if status == 0 && m.each >= unsafe.Sizeof(descriptor{}) {
		m.at, m.end = f.scratch, f.scratch+size
	}
	return m
}

// stage copies the image out of the way, if where it is would be written over while it
// is moved, or cannot be reached then. This code goes on where it is: what moves the
// image is begun by its offset in the copy.
func (f *firmware) stage(m *image) bool {
	if uint64(m.base) >= m.end() && uint64(m.base)+m.size <= reach {
		return true
	}
	at, ok := f.reserve(m.size, m.end(), reach)
	if !ok {
		return false
	}
	for i := uintptr(0); i < uintptr(m.size); i += 8 {
		*(*uint64)(unsafe.Pointer(at + i)) = *(*uint64)(unsafe.Pointer(m.base + i))
	}
	m.base = at
	return true
}

// fail says why and ends the application (7.4.4), so that firmware tries what else it
// could start.
func (f *firmware) fail(why string) {
	const loadError = 1<<63 | 1
	f.say("yolk: cannot start: ")
	f.say(why)
	f.say("\r\n")
	call(f.system.boot.exit, f.handle, loadError, 0, 0, 0)
	for {
	}
}

// say writes to the firmware's console, which takes UTF-16.
func (f *firmware) say(text string) {
	out := f.system.conOut
	if out == nil {
		return
	}
	var line [2]uint16
	for i := range len(text) {
		line[0] = uint16(text[i])
		call(out.outputString, uintptr(unsafe.Pointer(out)), uintptr(unsafe.Pointer(&line)), 0, 0, 0)
	}
}

// addresses returns where entry is linked and where it is, and where the image is entered
// by other loaders.
func addresses() (linked, entry, enter uintptr)

// call calls a function of the firmware's.
func call(f, a, b, c, d, e uintptr) (status uintptr)
