package virtiotest

import (
	"encoding/binary"
	"sync"
)

// Bytes is a Region of plain bytes, with no behaviour.
type Bytes []byte

func (b Bytes) Len() uint32                  { return uint32(len(b)) }
func (b Bytes) Read8(off uint32) uint8       { return b[off] }
func (b Bytes) Read16(off uint32) uint16     { return binary.LittleEndian.Uint16(b[off:]) }
func (b Bytes) Read32(off uint32) uint32     { return binary.LittleEndian.Uint32(b[off:]) }
func (b Bytes) Write8(off uint32, v uint8)   { b[off] = v }
func (b Bytes) Write16(off uint32, v uint16) { binary.LittleEndian.PutUint16(b[off:], v) }
func (b Bytes) Write32(off uint32, v uint32) { binary.LittleEndian.PutUint32(b[off:], v) }

// shared are bytes that several goroutines access, each under the lock.
type shared struct {
	mu *sync.Mutex
	Bytes
}

func (s *shared) Read8(off uint32) uint8 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Bytes.Read8(off)
}

func (s *shared) Read16(off uint32) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Bytes.Read16(off)
}

func (s *shared) Read32(off uint32) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Bytes.Read32(off)
}

func (s *shared) Write8(off uint32, v uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Bytes.Write8(off, v)
}

func (s *shared) Write16(off uint32, v uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Bytes.Write16(off, v)
}

func (s *shared) Write32(off uint32, v uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Bytes.Write32(off, v)
}
