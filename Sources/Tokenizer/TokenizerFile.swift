import Files
import StrictJSON
public import SystemPackage

/// Reads and writes tokenizers as `tokenizer.json`, the format of Hugging Face's `tokenizers`.
public enum TokenizerFile {
  /// The name of the file in a directory.
  public static let name = "tokenizer.json"

  /// The tokenizer in the file at `path`, or in the `tokenizer.json` of the directory there.
  ///
  /// A file whose name ends in `.txt` is a vocabulary of BERT, see ``VocabularyText``.
  ///
  /// - Throws: `FileError` where nothing can be read, `TokenizerError.corrupt` or
  ///   `.unsupported` where the file is not one that this program understands.
  public static func load(_ path: FilePath) throws -> any TextTokenizer {
    let file = FileSystem.kind(of: path) == .directory ? path.appending(name) : path
    let bytes = try FileContents.read(file)
    if file.extension == VocabularyText.fileExtension {
      return try VocabularyText.parse(bytes, path: file.string)
    }
    return try parse(bytes, path: file.string)
  }

  /// The tokenizer that `bytes`, the content of a `tokenizer.json`, describe; `path` is for
  /// error messages.
  ///
  /// - Throws: `TokenizerError.corrupt` or `.unsupported`.
  public static func parse(
    _ bytes: [UInt8], path: String
  ) throws(TokenizerError) -> any TextTokenizer {
    let document: JSONValue
    do {
      document = try JSONValue.parse(bytes)
    } catch {
      throw .corrupt(path: path, reason: error.description)
    }
    return try TokenizerFileReader(path: path).tokenizer(document)
  }

  /// Writes `tokenizer` to the `tokenizer.json` of the directory at `path`, which is made where
  /// there is none.
  ///
  /// - Throws: `FileError`.
  public static func write(_ tokenizer: some TextTokenizer, to directory: FilePath) throws {
    try FileSystem.createDirectory(directory)
    try FileContents.write(tokenizer.serialized(), to: directory.appending(name))
  }
}
