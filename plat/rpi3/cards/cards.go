//go:build yolk && arm64

// Package cards finds the Raspberry Pi's network card on its USB: the LAN9514 that is on
// the board, or a CDC Ethernet card in one of its sockets.
package cards

import (
	"errors"
	"sync"
	"time"

	_ "yolk/drivers/usb/cdcecm"
	"yolk/drivers/usb/smsc95xx"
	"yolk/drivers/usb/usbnet"
	"yolk/netdev"
	"yolk/plat/log"
	"yolk/plat/netoption"
	"yolk/plat/rpi3/firmware"
	"yolk/plat/rpi3/usb"
)

// patience is how long a card may take to be found, if what else is plugged in takes long
// to be given up. The hub on the board needs 0.2 s to power its ports and each device 0.2 s
// to be reset and asked what it is.
const patience = 5 * time.Second

var errNone = errors.New("no network card on the USB; what is there says /sys/kernel/debug/usb/devices")

// Register starts the USB host and waits for the first card, which becomes netdev 0.
// Cards that come later are registered as well.
func Register() { register() }

var register = sync.OnceValue(func() error {
	if mac, err := address(); err == nil {
		smsc95xx.BoardAddr = func() netdev.HardwareAddr { return mac }
	} else {
		log.Netdev.Warnf("the board's hardware address: %v", err)
	}
	found := make(chan struct{}, 1)
	usbnet.Announce(func(d *usbnet.Device) {
		dev := netdev.Register(d)
		if dev.Number() == max(netoption.Number, 0) {
			dev.SetExtra(netoption.Extra)
		}
		log.Netdev.Infof("the USB network card is netdev %d", dev.Number())
		select {
		case found <- struct{}{}:
		default:
		}
	})
	host, err := usb.Host()
	if err != nil {
		return err
	}
	select {
	case <-found:
		return nil
	case <-host.Settled():
	case <-time.After(patience):
	}
	if netdev.Count() == 0 {
		return errNone
	}
	return nil
})

// address is what the board's maker gave to its network card.
func address() (a netdev.HardwareAddr, err error) {
	board, err := firmware.Connect()
	if err != nil {
		return a, err
	}
	return board.MAC()
}

// Eth0 returns the card that a network stack takes: number N with the option
// eth0=N, else the first, and nil with eth0=none, which leaves all to the program.
func Eth0() (*netdev.Device, error) {
	if netoption.Number < 0 {
		return nil, nil
	}
	return netoption.Card(register())
}
