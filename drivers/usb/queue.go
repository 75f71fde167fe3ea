package usb

// A queue is a list of transfers, through their next fields.
type queue struct{ head, tail *Transfer }

func (q *queue) add(t *Transfer) {
	t.next = nil
	if q.head == nil {
		q.head = t
	} else {
		q.tail.next = t
	}
	q.tail = t
}

// pop takes the first, nil if there is none.
func (q *queue) pop() *Transfer {
	t := q.head
	if t != nil {
		q.head, t.next = t.next, nil
	}
	return t
}

// remove takes t, which is nearly always the first.
func (q *queue) remove(t *Transfer) {
	if q.head == t {
		q.pop()
		return
	}
	for at := q.head; at != nil; at = at.next {
		if at.next == t {
			at.next, t.next = t.next, nil
			if q.tail == t {
				q.tail = at
			}
			return
		}
	}
}
