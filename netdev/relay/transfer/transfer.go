// Package transfer moves bytes over a connection, both ways at once, and checks
// that they arrive as they were sent: the same function at both ends.
//
// It imports nothing but the standard library.
package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
)

// ErrChanged says that bytes arrived that were not sent.
var ErrChanged = errors.New("transfer: the SHA-256 of what arrived is not that of what was sent")

// Exchange sends n random bytes, their SHA-256 behind them, while it receives as
// many, and returns when both have arrived at their ends: the last byte either way
// says so. The end's deadline is the connection's.
func Exchange(c net.Conn, n int64, seed byte) error {
	sent := make(chan error, 1)
	go func() { sent <- send(c, n, seed) }()
	err := receive(c, n)
	if failed := <-sent; err == nil {
		err = failed
	}
	if err == nil {
		_, err = c.Write([]byte{1})
	}
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 1))
	}
	return err
}

func send(w io.Writer, n int64, seed byte) error {
	sum := sha256.New()
	random := rand.NewChaCha8([32]byte{seed})
	if _, err := io.CopyN(io.MultiWriter(w, sum), random, n); err != nil {
		return fmt.Errorf("transfer: sending: %w", err)
	}
	_, err := w.Write(sum.Sum(nil))
	return err
}

func receive(r io.Reader, n int64) error {
	sum := sha256.New()
	if got, err := io.CopyN(sum, r, n); err != nil {
		return fmt.Errorf("transfer: %d of %d bytes received: %w", got, n, err)
	}
	var want [sha256.Size]byte
	if _, err := io.ReadFull(r, want[:]); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), want[:]) {
		return ErrChanged
	}
	return nil
}
