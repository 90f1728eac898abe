import CZlib

/// The content of a gzip file: one or more members, each possibly followed by zeros.
@safe final class GzipStream: ByteStream {
  private static let outputByteCount = 1 << 18
  /// The largest window of the format; the 16 selects gzip's header instead of zlib's.
  private static let windowBits = MAX_WBITS + 16
  /// The first byte of every member.
  private static let firstByte: UInt8 = 0x1F

  private let file: FileStream
  private var expander = unsafe z_stream()
  private var input: [UInt8] = []
  private var inputPosition = 0
  /// Where in the file the last whole member ends.
  private var memberEnd = 0
  /// True at first, so that an empty file counts as cut off.
  private var isInsideMember = true

  var readByteCount: Int { file.readByteCount }

  init(_ file: FileStream) throws {
    self.file = file
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    guard unsafe inflateInit2_(&expander, Self.windowBits, ZLIB_VERSION, size) == Z_OK else {
      throw InputError.notExpandable(file.path, reason: "zlib found no memory")
    }
  }

  deinit {
    unsafe inflateEnd(&expander)
  }

  func next() throws -> [UInt8] {
    while true {
      if inputPosition == input.count {
        input = try file.next()
        inputPosition = 0
      }
      let wasAtEnd = input.isEmpty
      let output = try beginsMember() ? try expand() : []
      if !output.isEmpty { return output }
      guard wasAtEnd else { continue }
      guard !isInsideMember else {
        throw InputError.notExpandable(file.path, reason: "its last gzip member is cut off")
      }
      return []
    }
  }

  /// Whether there is something to expand: the rest of a member, or the next one.
  ///
  /// - Throws: ``InputError/trailingBytes(_:offset:)`` if something else follows a member.
  private func beginsMember() throws(InputError) -> Bool {
    guard !isInsideMember else { return true }
    while inputPosition < input.count, input[inputPosition] == 0 { inputPosition += 1 }
    guard inputPosition < input.count else { return false }
    guard input[inputPosition] == Self.firstByte else {
      throw .trailingBytes(file.path, offset: memberEnd)
    }
    unsafe inflateReset(&expander)
    isInsideMember = true
    return true
  }

  /// Expands as much input as fits into one output buffer.
  private func expand() throws -> [UInt8] {
    var status = Z_OK
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Self.outputByteCount) { output, count in
      unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe expander.next_in = input.baseAddress.map { unsafe $0 + inputPosition }
        unsafe expander.avail_in = UInt32(input.count - inputPosition)
        unsafe expander.next_out = output.baseAddress
        unsafe expander.avail_out = UInt32(output.count)
        status = unsafe inflate(&expander, Z_NO_FLUSH)
        unsafe inputPosition = input.count - Int(expander.avail_in)
        unsafe count = output.count - Int(expander.avail_out)
      }
    }
    switch status {
    // zlib reports a call without input or room for output so; it is not a failure.
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      isInsideMember = false
      memberEnd = file.readByteCount - (input.count - inputPosition)
    default:
      let reason = unsafe expander.msg.map { unsafe String(cString: $0) }
      throw InputError.notExpandable(file.path, reason: reason ?? "it needs a dictionary or memory")
    }
    return bytes
  }
}
