package fdt

import "encoding/binary"

// A builder writes the structure and strings blocks of a tree, right or wrong.
type builder struct {
	structure, strings, reserve []byte
}

func (b *builder) token(v uint32) *builder {
	b.structure = binary.BigEndian.AppendUint32(b.structure, v)
	return b
}

func (b *builder) pad() *builder {
	for len(b.structure)%4 != 0 {
		b.structure = append(b.structure, 0)
	}
	return b
}

func (b *builder) begin(name string) *builder {
	b.token(tokenBegin)
	b.structure = append(append(b.structure, name...), 0)
	return b.pad()
}

func (b *builder) end() *builder { return b.token(tokenEnd) }

func (b *builder) bytes(name string, value []byte) *builder {
	b.token(tokenProp).token(uint32(len(value))).token(uint32(len(b.strings)))
	b.strings = append(append(b.strings, name...), 0)
	b.structure = append(b.structure, value...)
	return b.pad()
}

func (b *builder) text(name, value string) *builder {
	return b.bytes(name, append([]byte(value), 0))
}

func (b *builder) cells(name string, cells ...uint32) *builder {
	var v []byte
	for _, c := range cells {
		v = binary.BigEndian.AppendUint32(v, c)
	}
	return b.bytes(name, v)
}

// blob puts the blocks behind a header: reservations, structure, strings.
func (b *builder) blob() []byte {
	reserve := append(append([]byte{}, b.reserve...), make([]byte, 16)...)
	head := [10]uint32{magic}
	off := uint32(HeaderSize)
	head[4] = off
	off += uint32(len(reserve))
	head[2], head[9] = off, uint32(len(b.structure))
	off += uint32(len(b.structure))
	head[3], head[8] = off, uint32(len(b.strings))
	off += uint32(len(b.strings))
	head[1], head[5], head[6] = off, version, 16
	var out []byte
	for _, v := range head {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return append(append(append(out, reserve...), b.structure...), b.strings...)
}

// tree is a builder with an open root; seal closes it.
func tree() *builder { return new(builder).begin("") }

func (b *builder) seal() []byte { return b.end().token(tokenStop).blob() }
