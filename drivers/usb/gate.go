package usb

// A gate lets one goroutine in at a time. It is a lock that may be held while time goes
// by, also in tests: one who waits for a sync.Mutex stops their virtual time.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

func (g gate) enter() { g <- struct{}{} }

func (g gate) leave() { <-g }
