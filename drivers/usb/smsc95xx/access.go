package smsc95xx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"yolk/drivers/usb"
)

// Requests of the vendor's (5.3.2.2).
const (
	writeRequest = 0xa0
	readRequest  = 0xa1
)

// ErrTimeout: a bit of a register does not get the value that it should.
var ErrTimeout = errors.New("smsc95xx: no answer in time")

// registers are a chip's, over its control pipe.
type registers struct{ usb *usb.Device }

func (r registers) read(a csr) (uint32, error) {
	var b [4]byte
	n, err := r.usb.Control(usb.Setup{RequestType: usb.DirIn | usb.TypeVendor, Request: readRequest, Index: uint16(a)}, b[:], time.Second)
	if err == nil && n != len(b) {
		err = fmt.Errorf("%w: %d bytes of a register", ErrTimeout, n)
	}
	return binary.LittleEndian.Uint32(b[:]), err
}

func (r registers) write(a csr, v uint32) error {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	_, err := r.usb.Control(usb.Setup{RequestType: usb.TypeVendor, Request: writeRequest, Index: uint16(a)}, b[:], time.Second)
	return err
}

// A value is what a register shall be.
type value struct {
	a csr
	v uint32
}

func (r registers) writeAll(values ...value) error {
	for _, v := range values {
		if err := r.write(v.a, v.v); err != nil {
			return err
		}
	}
	return nil
}

// attempts is how often a register is read that should change: a read takes half a
// millisecond on a bus, and the slowest change, the PHY's reset, 100 us.
const attempts = 100

// await reads a register until the bits of mask are as in want.
func (r registers) await(name string, a csr, mask, want uint32) (v uint32, err error) {
	for range attempts {
		if v, err = r.read(a); err != nil || v&mask == want {
			return v, err
		}
		time.Sleep(time.Millisecond)
	}
	return v, fmt.Errorf("%w: %s is %#x, %#x of it should be %#x", ErrTimeout, name, v, mask, want)
}

// phy accesses the PHY (7.4.6).
func (r registers) phy(number int, write uint32) error {
	if _, err := r.await("MII_ADDR", regMIIAddr, miiBusy, 0); err != nil {
		return err
	}
	if err := r.write(regMIIAddr, phyAddress<<11|uint32(number)<<6|write|miiBusy); err != nil {
		return err
	}
	_, err := r.await("MII_ADDR", regMIIAddr, miiBusy, 0)
	return err
}

func (r registers) readPHY(number int) (uint16, error) {
	if err := r.phy(number, 0); err != nil {
		return 0, err
	}
	v, err := r.read(regMIIData)
	return uint16(v), err
}

func (r registers) writePHY(number int, v uint16) error {
	if err := r.write(regMIIData, uint32(v)); err != nil {
		return err
	}
	return r.phy(number, miiWrite)
}

// eeprom reads a byte of the EEPROM; false says that there is none, of which the chip
// tells after 30 ms.
func (r registers) eeprom(at uint32) (b byte, ok bool, err error) {
	if err := r.write(regE2PCmd, e2pBusy|at); err != nil { // command 0 is READ
		return 0, false, err
	}
	v, err := r.await("E2P_CMD", regE2PCmd, e2pBusy, 0)
	if errors.Is(err, ErrTimeout) || err == nil && v&e2pTimeout != 0 {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	v, err = r.read(regE2PData)
	return byte(v), err == nil, err
}
