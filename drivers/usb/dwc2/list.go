package dwc2

// A list is of pipes, first come first served. A pipe is in one at most.
type list struct{ head, tail *pipe }

func (l *list) add(p *pipe) {
	p.in, p.next = l, nil
	if l.head == nil {
		l.head = p
	} else {
		l.tail.next = p
	}
	l.tail = p
}

func (l *list) remove(p *pipe) {
	var before *pipe
	for at := l.head; at != p; at = at.next {
		before = at
	}
	if before == nil {
		l.head = p.next
	} else {
		before.next = p.next
	}
	if l.tail == p {
		l.tail = before
	}
	p.in, p.next = nil, nil
}
