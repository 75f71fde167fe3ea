package kv

import "encoding/binary"

// Store holds keys and values up to a limit. One goroutine at a time uses it.
type Store struct {
	values map[string][]byte
	used   int // bytes of keys and values, and overhead for each
	limit  int
}

// overhead is about what the map and the allocator need for an entry besides its
// own bytes.
const overhead = 128

// NewStore makes a store for so many bytes.
func NewStore(limit int) *Store { return &Store{values: map[string][]byte{}, limit: limit} }

// Len is the number of keys.
func (s *Store) Len() int { return len(s.values) }

// Serve answers the request buf[:n] in place: it writes the answer to buf and
// returns its length, 0 for none. buf has MaxData bytes at least. It allocates
// only for keys that are new and values that are longer than before.
func (s *Store) Serve(buf []byte, n int) int {
	if n < Header {
		return 0
	}
	op, id := buf[0], binary.BigEndian.Uint32(buf[4:])
	end := Header + int(binary.BigEndian.Uint16(buf[2:]))
	if end > n || n > MaxData || end == Header {
		header(buf, op, Bad, 0, id)
		return Header
	}
	key, status := buf[Header:end], byte(OK)
	switch op {
	case Get:
		v, ok := s.values[string(key)] // no copy is made for a look-up
		if !ok {
			status = NotFound
			break
		}
		// The key is not needed any more; the value may overwrite it.
		header(buf, op, OK, 0, id)
		return Header + copy(buf[Header:MaxData], v)
	case Set:
		status = s.set(key, buf[end:n])
	case Delete:
		status = s.delete(key)
	default:
		status = Bad
	}
	header(buf, op, status, 0, id)
	return Header
}

func (s *Store) set(key, value []byte) byte {
	old, had := s.values[string(key)]
	more := len(value) - cap(old)
	if !had {
		more = overhead + len(key) + len(value)
	}
	if more > 0 && s.used+more > s.limit {
		return Full
	}
	if had && more <= 0 {
		// The same array, under a key that the map has: nothing is allocated.
		if len(value) != len(old) {
			s.values[string(key)] = append(old[:0], value...)
		} else {
			copy(old, value)
		}
		return OK
	}
	v := make([]byte, len(value))
	copy(v, value)
	s.values[string(key)] = v
	s.used += more
	return OK
}

func (s *Store) delete(key []byte) byte {
	v, ok := s.values[string(key)]
	if !ok {
		return NotFound
	}
	s.used -= overhead + len(key) + cap(v)
	delete(s.values, string(key))
	return OK
}
