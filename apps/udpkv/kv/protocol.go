// Package kv is an in-memory store of keys and values, and the datagrams in
// which it is asked. How datagrams come and go is not its business, so that
// servers on sockets and on network devices share it.
//
// A request and its answer have the same header, big-endian, and take one
// datagram each:
//
//	0 operation   1 status   2 key length   4 identification   8 key, value
//
// An answer repeats operation and identification, has no key, and carries the
// value for Get. What is too short for a header gets no answer.
//
// It may import the standard library only.
package kv

import "encoding/binary"

// Operations.
const (
	Get    = 1
	Set    = 2
	Delete = 3
)

// Statuses of an answer; a request has 0.
const (
	OK       = 0
	NotFound = 1
	Bad      = 2 // no such operation, or lengths that contradict each other
	Full     = 3 // the store has no room
)

// Bytes.
const (
	Header   = 8
	MaxData  = 1472 // UDP payload of an Ethernet packet
	MaxValue = MaxData - Header
)

// Port is where servers listen by default.
const Port = 7070

// Request writes a request to buf and returns its length. key and value must fit
// in MaxData together with the header, and in buf.
func Request(buf []byte, op byte, id uint32, key string, value []byte) int {
	header(buf, op, OK, len(key), id)
	n := Header + copy(buf[Header:], key)
	return n + copy(buf[n:], value)
}

func header(buf []byte, op, status byte, key int, id uint32) {
	buf[0], buf[1] = op, status
	binary.BigEndian.PutUint16(buf[2:], uint16(key))
	binary.BigEndian.PutUint32(buf[4:], id)
}

// Answer reads an answer; ok is false if it is too short to be one.
func Answer(b []byte) (op, status byte, id uint32, value []byte, ok bool) {
	if len(b) < Header {
		return 0, 0, 0, nil, false
	}
	return b[0], b[1], binary.BigEndian.Uint32(b[4:]), b[Header:], true
}
