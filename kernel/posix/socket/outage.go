package socket

import "sync"

// An outage is what stands between a server and its clients while there is no
// network. A server hears of it at a level that is seen: it would wait for ever. A
// program that dials out gets an error of its own, and one that listens at the
// loopback interface only has what it wants.
type outage struct {
	mu     sync.Mutex
	why    error // nil while there is a network, or it is not known yet
	over   bool  // there is a network
	served bool  // there is a server
	told   bool
	opt    *Options
}

// begin says why there is no network, unless there is one in the meantime.
func (o *outage) begin(why error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return
	}
	o.why = why
	if !o.served {
		o.opt.Logf("no network: %v", why)
	}
	o.tell()
}

// serve is called when a socket begins to wait for clients.
func (o *outage) serve() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.served = true
	o.tell()
}

func (o *outage) tell() {
	if o.served && o.why != nil && !o.told {
		o.told = true
		o.opt.Warnf("no network: %v", o.why)
	}
}

// end says that there is a network, and returns where to log how: who heard of the
// outage shall hear of its end.
func (o *outage) end() (logf func(format string, args ...any)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	logf = o.opt.Logf
	if o.told {
		logf = o.opt.Warnf
	}
	o.over, o.why = true, nil
	return logf
}
