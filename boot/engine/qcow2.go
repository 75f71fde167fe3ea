package engine

import (
	"bytes"
	"encoding/binary"
	"io"
)

// A qcow2 file (QEMU docs/interop/qcow2.txt, version 2) is clusters of 64 KiB: the header,
// the table of the blocks of counts, the first-level table, those blocks, second-level
// tables of 512 MiB each, and what of the disk is not all zeros.
const (
	cluster   = 64 << 10
	perTable  = cluster / 8 // entries of a table
	perBlock  = cluster / 2 // counts of a block
	qcowMagic = 0x514649fb
	copied    = 1 << 63 // the cluster has a count of one
)

// writeQcow2 writes what disk holds, size bytes.
func writeQcow2(w io.Writer, disk io.ReaderAt, size int64) error {
	n := (size + cluster - 1) / cluster
	used, err := usedClusters(disk, n)
	if err != nil {
		return err
	}
	tables := (n + perTable - 1) / perTable
	blocks := int64(1)
	for blocks*perBlock < 3+blocks+tables+int64(len(used)) {
		blocks++
	}
	first := 3 + blocks + tables // of the disk's clusters

	b := make([]byte, first*cluster)
	be := binary.BigEndian
	for i, v := range []uint32{qcowMagic, 2, 0, 0, 0, 16} { // no file below it; 1<<16 bytes
		be.PutUint32(b[4*i:], v)
	}
	be.PutUint64(b[24:], uint64(size))
	be.PutUint32(b[36:], uint32(tables)) // no encryption before it
	be.PutUint64(b[40:], 2*cluster)
	be.PutUint64(b[48:], 1*cluster)
	be.PutUint32(b[56:], 1) // cluster of the counts' table
	for i := range blocks {
		be.PutUint64(b[cluster+8*i:], uint64(3+i)*cluster)
	}
	for i := range first + int64(len(used)) {
		be.PutUint16(b[3*cluster+2*i:], 1)
	}
	for i := range tables {
		be.PutUint64(b[2*cluster+8*i:], copied|uint64(3+blocks+i)*cluster)
	}
	for i, at := range used {
		be.PutUint64(b[(3+blocks)*cluster+8*at:], copied|uint64(first+int64(i))*cluster)
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	for _, at := range used {
		if err := readCluster(disk, at, b[:cluster]); err != nil {
			return err
		}
		if _, err := w.Write(b[:cluster]); err != nil {
			return err
		}
	}
	return nil
}

// usedClusters lists the clusters that are not all zeros.
func usedClusters(disk io.ReaderAt, n int64) (used []int64, err error) {
	b, zero := make([]byte, cluster), make([]byte, cluster)
	for i := range n {
		if err := readCluster(disk, i, b); err != nil {
			return nil, err
		}
		if !bytes.Equal(b, zero) {
			used = append(used, i)
		}
	}
	return used, nil
}

// readCluster reads the i-th cluster; what of it is beyond the end is zero.
func readCluster(disk io.ReaderAt, i int64, b []byte) error {
	n, err := disk.ReadAt(b, i*cluster)
	clear(b[n:])
	if err == io.EOF {
		return nil
	}
	return err
}
