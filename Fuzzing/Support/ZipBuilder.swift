/// ZIP archives written field by field, so that each field can be wrong.
struct ZipBuilder {
  /// What one of the two headers of a file says.
  struct Header {
    var name: [UInt8]
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32
    var compressedByteCount: UInt32
    var byteCount: UInt32
    /// Where the central directory says the file is; `nil` for where it is.
    var offset: UInt32?
  }

  struct File {
    var bytes: [UInt8]
    var local: Header
    var central: Header

    init(_ name: String, _ bytes: [UInt8]) {
      self.bytes = bytes
      local = Header(
        name: Array(name.utf8), checksum: Self.checksum(bytes),
        compressedByteCount: UInt32(bytes.count), byteCount: UInt32(bytes.count))
      central = local
    }

    /// CRC-32 bit by bit, as ISO 3309 defines it.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
      var state = UInt32.max
      for byte in bytes {
        state ^= UInt32(byte)
        for _ in 0..<8 {
          let polynomial: UInt32 = state & 1 == 1 ? 0xEDB8_8320 : 0
          state = state >> 1 ^ polynomial
        }
      }
      return ~state
    }
  }

  var files: [File]
  /// What the end says; `nil` for the truth.
  var entryCount: UInt16?
  var directoryOffset: UInt32?
  var directoryByteCount: UInt32?
  /// The 64-bit record of the directory; `nil` for none.
  var wide: (entryCount: UInt64, byteCount: UInt64, offset: UInt64)?
  var trailer: [UInt8] = []

  init(_ files: [(name: String, bytes: [UInt8])]) {
    self.files = files.map { File($0.name, $0.bytes) }
  }

  /// The archive.
  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var offsets: [Int] = []
    for file in files {
      offsets.append(archive.count)
      archive.word(0x0403_4B50)
      archive.short(20)
      archive.append(file.local)
      archive.short(0)
      archive += file.local.name + file.bytes
    }
    let start = archive.count
    for (file, offset) in zip(files, offsets) {
      archive.word(0x0201_4B50)
      archive.short(20, 20)
      archive.append(file.central)
      archive.short(0, 0, 0, 0)
      archive.word(0, file.central.offset ?? UInt32(offset))
      archive += file.central.name
    }
    appendEnd(to: &archive, start: start)
    return archive + trailer
  }

  private func appendEnd(to archive: inout [UInt8], start: Int) {
    let size = archive.count - start
    if let wide {
      let recordStart = archive.count
      archive.word(0x0606_4B50)
      archive.long(44)
      archive.short(45, 45)
      archive.word(0, 0)
      archive.long(wide.entryCount, wide.entryCount, wide.byteCount, wide.offset)
      archive.word(0x0706_4B50, 0)
      archive.long(UInt64(recordStart))
      archive.word(1)
    }
    let count = entryCount ?? UInt16(files.count)
    archive.word(0x0605_4B50)
    archive.short(0, 0, count, count)
    archive.word(directoryByteCount ?? UInt32(size), directoryOffset ?? UInt32(start))
    archive.short(0)
  }
}

extension [UInt8] {
  fileprivate mutating func short(_ values: UInt16...) {
    self += values.flatMap(\.littleEndianBytes)
  }
  fileprivate mutating func word(_ values: UInt32...) {
    self += values.flatMap(\.littleEndianBytes)
  }
  fileprivate mutating func long(_ values: UInt64...) {
    self += values.flatMap(\.littleEndianBytes)
  }

  /// The fields that both headers have in common, up to the length of the name.
  fileprivate mutating func append(_ header: ZipBuilder.Header) {
    short(header.flags, header.method)
    word(0, header.checksum, header.compressedByteCount, header.byteCount)
    short(UInt16(header.name.count))
  }
}
