package netdevtest

import "yolk/netdev"

// testLink: whoever waits learns of each change of the link, and of Close.
func testLink(r *rig) {
	r.open(0, netdev.RxConfig{}, netdev.TxConfig{})
	if r.dev.Info().Features&netdev.LinkEvents == 0 {
		_, err := r.dev.WaitLink(netdev.LinkUp)
		r.want("WaitLink", err, netdev.ErrUnsupported)
		r.Skip("the device does not tell of changes of its link")
	}
	states := make(chan netdev.LinkState)
	ended := make(chan error, 1)
	go func() {
		state, err := r.dev.WaitLink(netdev.LinkUnknown)
		for ; err == nil; state, err = r.dev.WaitLink(state) {
			states <- state
		}
		ended <- err
	}()
	expect := func(want netdev.LinkState) {
		r.Helper()
		seen := make(chan struct{})
		go func() {
			defer close(seen)
			if got := <-states; got != want {
				r.Errorf("the link is %v, want %v", got, want)
			}
		}()
		r.deadline("the link to be "+want.String(), seen)
	}
	expect(netdev.LinkUp)
	for range 20 {
		if r.setLink == nil {
			break
		}
		r.setLink(false)
		expect(netdev.LinkDown)
		r.setLink(true)
		expect(netdev.LinkUp)
	}
	if err := r.dev.Close(); err != nil {
		r.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.want("WaitLink of a device that gets closed", <-ended, netdev.ErrState)
	}()
	r.deadline("Close", done)
}
