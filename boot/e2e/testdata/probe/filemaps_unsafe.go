package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"unsafe"
)

const mapPage = 4096

var filling [64 << 10]byte

// filemaps maps a file in all ways and says what each of them sees of the others.
func filemaps([]string) {
	f, err := os.Create("/tmp/mapped")
	check(err)
	_, err = f.WriteString("written before")
	check(err)
	check(f.Truncate(64 * mapPage))
	shared, again, private := mapFile(f, syscall.MAP_SHARED), mapFile(f, syscall.MAP_SHARED), mapFile(f, syscall.MAP_PRIVATE)
	fmt.Printf("a map sees %q\n", shared[:14])

	copy(shared[2*mapPage:], "by a map")
	b := make([]byte, 8)
	_, err = f.ReadAt(b, 2*mapPage)
	check(err)
	fmt.Printf("read sees %q, another map %q\n", b, again[2*mapPage:][:8])
	_, err = f.WriteAt([]byte("by write"), 3*mapPage)
	check(err)
	fmt.Printf("a map sees %q\n", shared[3*mapPage:][:8])
	copy(private[3*mapPage:], "in private")
	fmt.Printf("private %q, shared %q\n", private[3*mapPage:][:10], shared[3*mapPage:][:8])

	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() { // each a byte of all pages, by another way
			m := [][]byte{shared, again}[w%2]
			for page := range 64 {
				m[page*mapPage+100+w] = byte(w + 1)
			}
		})
	}
	workers.Wait()
	whole := true
	for page := range 64 {
		for w := range 4 {
			whole = whole && again[page*mapPage+100+w] == byte(w+1)
		}
	}
	fmt.Println("all goroutines' writes are there:", whole)

	check(f.Truncate(mapPage + 10))
	faults := func(off int) (err any) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { err = recover() }()
		shared[off]++
		return nil
	}
	fmt.Println("beyond the end is a fault:", faults(2*mapPage) != nil, "and in the last page none:", faults(mapPage+100) == nil)
	check(f.Truncate(3 * mapPage))
	fmt.Println("what was cut off is zero:", shared[2*mapPage] == 0 && private[2*mapPage] == 0)

	bigger, err := remap(shared, 128*mapPage)
	check(err)
	bigger[0] = 'W'
	fmt.Printf("moved and unmapped: %q\n", again[:7])
	for _, m := range [][]byte{bigger, again, private} {
		unmap(m)
	}
	const large = 4 << 20 // far more than what else goes on takes meanwhile
	for off := int64(0); off < large; off += int64(len(filling)) {
		_, err = f.WriteAt(filling[:], off)
		check(err)
	}
	before := freeRAM()
	check(os.Remove(f.Name()))
	check(f.Close())
	fmt.Println("its memory is back:", freeRAM() >= before+large/2)
}

func mapFile(f *os.File, how uintptr) []byte {
	p, _, e := syscall.Syscall6(syscall.SYS_MMAP, 0, 64*mapPage, syscall.PROT_READ|syscall.PROT_WRITE, how, f.Fd(), 0)
	if e != 0 {
		panic(e)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), 64*mapPage)
}

func remap(m []byte, n uintptr) ([]byte, error) {
	const mayMove = 1
	p, _, e := syscall.Syscall6(syscall.SYS_MREMAP, uintptr(unsafe.Pointer(&m[0])), uintptr(len(m)), n, mayMove, 0, 0)
	if e != 0 {
		return nil, e
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), n), nil
}

func unmap(m []byte) {
	if _, _, e := syscall.Syscall(syscall.SYS_MUNMAP, uintptr(unsafe.Pointer(&m[0])), uintptr(len(m)), 0); e != 0 {
		panic(e)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
