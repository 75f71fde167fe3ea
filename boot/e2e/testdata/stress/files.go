package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// files writes a file, reads it under another name, and removes it.
func files() func(*rand.Rand) error {
	dir, err := os.MkdirTemp("", "stress-")
	if err != nil {
		fail(1, "file: %v", err)
	}
	return func(r *rand.Rand) error {
		text := make([]byte, r.IntN(40000))
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		err := errors.Join(os.WriteFile(a, text, 0o600), os.Rename(a, b))
		got, readErr := os.ReadFile(b)
		if err = errors.Join(err, readErr, os.Remove(b)); err != nil {
			return err
		}
		if !bytes.Equal(got, text) {
			return fmt.Errorf("a file of %d bytes came back with %d, or others", len(text), len(got))
		}
		return nil
	}
}

// pipes sends bytes through a pipe, and lets a read time out.
func pipes() func(*rand.Rand) error {
	return func(r *rand.Rand) error {
		in, out, err := os.Pipe()
		if err != nil {
			return err
		}
		defer in.Close()
		text := make([]byte, 1+r.IntN(150000))
		for i := range text {
			text[i] = byte(r.Uint32())
		}
		in.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(2000)) * time.Microsecond))
		if _, err := in.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("a read of an empty pipe: %w", err)
		}
		in.SetReadDeadline(time.Time{})
		sent := make(chan error, 1)
		go func() {
			_, err := out.Write(text)
			sent <- errors.Join(err, out.Close())
		}()
		got, err := io.ReadAll(in)
		if err = errors.Join(err, <-sent); err != nil {
			return err
		}
		if !bytes.Equal(got, text) {
			return fmt.Errorf("%d bytes came through a pipe as %d, or others", len(text), len(got))
		}
		return nil
	}
}

// readConsole reads standard input to its end and returns what came.
func readConsole() string {
	lines, sum := 0, crc32.NewIEEE()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); lines++ {
		sum.Write(in.Bytes())
	}
	return fmt.Sprintf("%d lines, checksum %08x", lines, sum.Sum32())
}
