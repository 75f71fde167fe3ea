// Package wrap has wrappers for any network device: capture packets to a pcap
// file, trace them as text, lose, corrupt, duplicate and delay some, cut the wire
// now and then. Each is a function from a driver to a driver, to be put on a
// device before it is probed:
//
//	capture := wrap.NewCapture(file)
//	err := dev.Wrap(capture.Wrap)
//	err = dev.Wrap(wrap.Loss(42, 0.01, 0))  // and, further out, lose a hundredth
//
// The last one put on is the nearest to the program. Counters and links are
// those of the driver within. Package relay makes cables of these.
//
// It may import netdev and netdev/netbuf.
package wrap

import "yolk/netdev"

// around is a driver with other queues around its own; a nil function leaves them
// as they are.
type around struct {
	netdev.Driver
	rx func(queue int, q netdev.RxQueue, cfg netdev.RxConfig) netdev.RxQueue
	tx func(queue int, q netdev.TxQueue) netdev.TxQueue
}

// ConfigureRx implements netdev.Driver.
func (a *around) ConfigureRx(queue int, cfg netdev.RxConfig) (netdev.RxQueue, error) {
	q, err := a.Driver.ConfigureRx(queue, cfg)
	if err != nil || a.rx == nil {
		return q, err
	}
	return a.rx(queue, q, cfg), nil
}

// ConfigureTx implements netdev.Driver.
func (a *around) ConfigureTx(queue int, cfg netdev.TxConfig) (netdev.TxQueue, error) {
	q, err := a.Driver.ConfigureTx(queue, cfg)
	if err != nil || a.tx == nil {
		return q, err
	}
	return a.tx(queue, q), nil
}
