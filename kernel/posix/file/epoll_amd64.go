package file

// epollEvent is struct epoll_event: packed on amd64, so 12 bytes with the
// data in two halves.
type epollEvent struct {
	Events, Low, High uint32
}

func (v *epollEvent) events() uint32 { return v.Events }
func (v *epollEvent) data() uint64   { return uint64(v.High)<<32 | uint64(v.Low) }

func (v *epollEvent) set(events uint32, data uint64) {
	*v = epollEvent{events, uint32(data), uint32(data >> 32)}
}
