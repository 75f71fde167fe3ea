package file

// epollEvent is struct epoll_event, with the alignment of its members.
type epollEvent struct {
	Events uint32
	_      uint32
	Data   uint64
}

func (v *epollEvent) events() uint32 { return v.Events }
func (v *epollEvent) data() uint64   { return v.Data }

func (v *epollEvent) set(events uint32, data uint64) {
	*v = epollEvent{Events: events, Data: data}
}
