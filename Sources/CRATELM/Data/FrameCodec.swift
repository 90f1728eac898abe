import CZstd
import Storage

/// Compresses and expands single zstd frames.
///
/// Every frame carries its content size and a checksum of its content.
@safe final class FrameCodec {
  private let compressor: OpaquePointer?
  private let expander: OpaquePointer?

  /// - Parameter compression: the effort of compression; it does not matter for expansion.
  /// - Throws: ``ZstdFailure`` if memory ran out.
  init(_ compression: FrameCompression = .fast) throws(ZstdFailure) {
    unsafe compressor = ZSTD_createCCtx()
    unsafe expander = ZSTD_createDCtx()
    guard unsafe compressor != nil, unsafe expander != nil else {
      throw ZstdFailure(reason: "zstd found no memory")
    }
    for (parameter, value) in compression.parameters + [(ZSTD_c_checksumFlag, 1)] {
      unsafe ZSTD_CCtx_setParameter(compressor, parameter, value)
    }
  }

  deinit {
    unsafe ZSTD_freeCCtx(compressor)
    unsafe ZSTD_freeDCtx(expander)
  }

  /// Compresses `bytes` to one frame.
  func compress(_ bytes: [UInt8]) throws(ZstdFailure) -> [UInt8] {
    var failure: String?
    let frame = unsafe [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) {
      frame, count in
      let size = unsafe bytes.withUnsafeBytes { bytes in
        unsafe ZSTD_compress2(
          compressor, frame.baseAddress, frame.count, bytes.baseAddress, bytes.count)
      }
      failure = Self.failure(size)
      count = failure == nil ? size : 0
    }
    if let failure { throw ZstdFailure(reason: failure) }
    return frame
  }

  /// Expands `frame`, which must be one frame.
  ///
  /// It never allocates more than `byteCount`, whatever the frame claims.
  ///
  /// - Throws: ``ZstdFailure`` unless the frame is whole, passes its checksum and holds exactly
  ///   `byteCount` bytes.
  func expand(_ frame: [UInt8], byteCount: Int) throws(ZstdFailure) -> [UInt8] {
    let promised = unsafe frame.withUnsafeBytes {
      unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count)
    }
    guard promised == UInt64(byteCount) else {
      throw ZstdFailure(
        reason: "expected a zstd frame of \(byteCount.counting("byte")), found "
          + "another")
    }
    let frameByteCount = unsafe frame.withUnsafeBytes {
      unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
    }
    guard frameByteCount == frame.count else {
      throw ZstdFailure(
        reason: Self.failure(frameByteCount) ?? "expected one zstd frame, found more behind it")
    }
    var failure: String?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
      let size = unsafe frame.withUnsafeBytes { frame in
        unsafe ZSTD_decompressDCtx(
          expander, bytes.baseAddress, byteCount, frame.baseAddress, frame.count)
      }
      failure = Self.failure(size)
      if failure == nil, size != byteCount {
        failure = "expected \(byteCount.counting("byte")) in the zstd frame, found \(size)"
      }
      count = failure == nil ? byteCount : 0
    }
    if let failure { throw ZstdFailure(reason: failure) }
    return bytes
  }

  private static func failure(_ size: Int) -> String? {
    guard ZSTD_isError(size) != 0 else { return nil }
    return unsafe String(cString: ZSTD_getErrorName(size))
  }
}

extension FrameCompression {
  /// The options of zstd.
  ///
  /// Level −n searches for matches every n bytes and stores the rest raw; the literal mode turns
  /// Huffman coding of the rest back on.
  fileprivate var parameters: [(ZSTD_cParameter, Int32)] {
    switch self {
    case .fast:
      [
        (ZSTD_c_compressionLevel, -100), (ZSTD_c_minMatch, 7), (ZSTD_c_hashLog, 11),
        (literal_compression_mode, Int32(ZSTD_ps_enable.rawValue)),
      ]
    case .small: [(ZSTD_c_compressionLevel, 5)]
    }
  }
}

/// A failure of zstd, in its own words.
struct ZstdFailure: Error {
  let reason: String
}
